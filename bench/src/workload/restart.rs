//! Restart after kill -9: how long until the hub answers.

use super::Stage;
use crate::Result;
use crate::figures::{Figures, count};
use crate::hub::Hub;
use crate::load::{Load, Numbers};
use crate::target::Kind;

pub(super) async fn run(stage: &Stage, figures: &mut Figures) -> Result<()> {
    stage
        .rounds("restart", &[Kind::HintwireStream], 1, figures, |stage, kind, figures| {
            Box::pin(one(stage, kind, figures))
        })
        .await
}

async fn one(stage: &Stage, kind: Kind, figures: &mut Figures) -> Result<()> {
    let events = stage.scale.pick(2_000_000, 5_000);
    let started = stage.start(kind, figures).await?;
    started.target.publish(&Load::flood(Numbers::of(0..events), 1000)).await?;
    let data = started.kill();
    for _ in 0..stage.rounds {
        let start = std::time::Instant::now();
        let hub = Hub::start(&stage.hintwire, data.path()).await?;
        let took = ("took", start.elapsed().as_secs_f64() * 1e3, "ms");
        let case = format!("after kill -9, {} events", count(events));
        figures.note("restart", &case, "hintwire", &[took]);
        hub.kill()?;
    }
    Ok(())
}
