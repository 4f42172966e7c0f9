//! Whoever asks for whatever, in whichever way, gets what a naive model of the policy says, and never anything else.

mod case;
mod generate;
mod grpc;
mod http;
mod live;
mod model;
mod policy;
mod publish;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;
use futures_util::StreamExt;

use self::case::{Case, FORMS, Needs, Outcome, Refused, Tells};
use self::model::Universe;
use self::policy::{Principal, Rights, Rule, Set};
use self::publish::{WAYS, Way};
use self::world::World;

const READS: usize = 9_000;
const PUBLISHES: usize = 1_500;
/// Requests that are open at once.
const OPEN: usize = 16;

/// Who there is and what they may do, from a seed.
pub struct Scene {
    all: Universe,
    principals: Vec<Principal>,
    rules: Vec<Rule>,
    rights: Vec<Rights>,
    rng: Rng,
}

impl Scene {
    fn new(seed: u64) -> Self {
        let (all, mut rng) = (Universe::new(), Rng::with_seed(seed));
        let principals = generate::principals(&mut rng);
        let rules = generate::rules(&principals, &mut rng);
        let rights = principals.iter().map(|who| policy::rights(&rules, who, &all)).collect();
        Self { all, principals, rules, rights, rng }
    }

    /// Somebody asks for something; what the model says about it.
    fn read(&self, rng: &mut Rng) -> (Case<'_>, Outcome) {
        let who = rng.usize(..self.principals.len());
        let case = Case {
            who: &self.principals[who],
            forged: rng.u8(..40) == 0,
            form: rng.choice(FORMS).unwrap(),
            patterns: generate::asked(&self.principals[who], &self.rules, rng),
            since: rng.bool().then(|| rng.usize(..self.all.topics.len())),
        };
        let rights = &self.rights[who];
        let refused = match case.form.needs() {
            Needs::Read => self.forbidden(&rights.read, &case).map(|what| ("read", what)),
            Needs::Anything => (!rights.anything).then(|| ("read", "anything".to_owned())),
            Needs::Admin => (!rights.admin).then(|| ("admin", "the hub".to_owned())),
        };
        let expected = expected(&case, refused).unwrap_or_else(|| self.answer(&case, &rights.read));
        (case, expected)
    }

    /// What somebody publishes.
    fn publish(&self, rng: &mut Rng) -> (Case<'_>, Way, Outcome) {
        let (who, way) = (rng.usize(..self.principals.len()), rng.choice(WAYS).unwrap());
        let somebody = &self.principals[who];
        let topic = |rng: &mut Rng| generate::topic(somebody, &self.rules, &self.all.topics, rng);
        let topics = publish::few(way, topic, rng);
        let form = FORMS[0];
        let case =
            Case { who: somebody, forged: rng.u8(..40) == 0, form, patterns: topics, since: None };
        let refused = self.forbidden(&self.rights[who].publish, &case);
        let expected = expected(&case, refused.map(|what| ("publish", what)));
        (case, way, expected.unwrap_or_else(|| Outcome::Answer(BTreeSet::new())))
    }

    /// The first pattern that is not permitted.
    fn forbidden(&self, set: &Set, case: &Case<'_>) -> Option<String> {
        let forbidden = |pattern: &&String| !set.permits(pattern, &self.all);
        case.patterns.iter().find(forbidden).map(|pattern| format!("`{pattern}`"))
    }

    /// Everything that was asked for. All of it may be seen, or the model contradicts itself.
    fn answer(&self, case: &Case<'_>, set: &Set) -> Outcome {
        let after = |at: &usize| {
            case.form.tells() == Tells::All || case.since.is_none_or(|since| *at > since)
        };
        if case.form.tells() == Tells::Nothing {
            return Outcome::Answer(BTreeSet::new());
        }
        let topics = self.all.of_all(&case.patterns);
        assert!(topics.iter().all(|topic| set.shows(*topic)), "{:?}", case.patterns);
        Outcome::Answer(
            topics.into_iter().filter(after).map(|at| self.all.topics[at].clone()).collect(),
        )
    }
}

fn expected(case: &Case<'_>, refused: Option<(&str, String)>) -> Option<Outcome> {
    if case.forged {
        return Some(Outcome::Refused(Refused::unauthenticated("the token is unknown")));
    }
    let (action, what) = refused?;
    Some(Outcome::Refused(match case.who.token {
        None => Refused::unauthenticated("credentials are needed"),
        Some(_) => Refused::permission(action, &what),
    }))
}

/// Counts what was compared, by what should become of it.
#[derive(Debug, Default)]
struct Counts(BTreeMap<String, [usize; 2]>);

impl Counts {
    fn compare(
        &mut self,
        what: &impl std::fmt::Debug,
        case: &Case<'_>,
        outcome: &Outcome,
        expected: &Outcome,
    ) {
        let who = &case.who.name;
        assert_eq!(
            outcome, expected,
            "{what:?} of {:?} by {who} {:?}, after {:?}",
            case.patterns, case.who.claims, case.since
        );
        let refused = usize::from(matches!(expected, Outcome::Refused(_)));
        self.0.entry(format!("{what:?}")).or_default()[refused] += 1;
    }

    fn all(&self) -> usize {
        self.0.values().flatten().sum()
    }
}

#[tokio::test]
async fn nobody_gets_what_the_policy_forbids_and_everybody_what_it_allows() {
    let seed = std::env::var("HINTWIRE_SEED").map_or(7, |seed| seed.parse().unwrap());
    let scene = Scene::new(seed);
    let world = World::new(&scene.principals, &scene.rules, &scene.all.topics).await;
    let (mut rng, mut counts) = (scene.rng.clone(), Counts::default());

    let cases: Vec<_> = (0..READS).map(|_| scene.read(&mut rng)).collect();
    let ask = |(case, expected)| {
        let world = &world;
        async move { (world.ask(&case).await, case, expected) }
    };
    let mut asked = futures_util::stream::iter(cases).map(ask).buffer_unordered(OPEN);
    while let Some((outcome, case, expected)) = asked.next().await {
        counts.compare(&case.form, &case, &outcome, &expected);
    }

    let cases: Vec<_> = (0..PUBLISHES).map(|nth| (nth, scene.publish(&mut rng))).collect();
    let ask = |(nth, published)| publish(&world, nth, published);
    let (mut asked, mut allowed) =
        (futures_util::stream::iter(cases).map(ask).buffer_unordered(OPEN), BTreeSet::new());
    while let Some((outcome, (case, way, expected), id)) = asked.next().await {
        counts.compare(&way, &case, &outcome, &expected);
        if matches!(expected, Outcome::Answer(_)) {
            allowed.extend(case.patterns.iter().map(|topic| (topic.clone(), id.clone())));
        }
    }
    assert_eq!(world.published(&scene.all.topics).await, allowed);

    live::told(&scene, &world, &mut rng, &mut counts).await;
    println!("{} cases: {:?}", counts.all(), counts.0);
    assert!(counts.all() >= 10_000);
    for (form, [answered, refused]) in &counts.0 {
        let refusable = !form.contains("live");
        assert!(*answered > 2 && (*refused > 2 || !refusable), "{form} was hardly put to the test");
    }
}

type Published<'a> = (Case<'a>, Way, Outcome);

async fn publish<'a>(
    world: &World,
    nth: usize,
    of: Published<'a>,
) -> (Outcome, Published<'a>, String) {
    let id = format!("i{nth}");
    (world.publish(&of.0, of.1, &id).await, of, id)
}
