//! What the description of the API says of every route: how it refuses.

use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::response::Response;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{OpenApi, Ref, RefOr};

/// What any route may answer besides its own.
const REFUSALS: [(&str, &str); 2] = [
    ("4XX", "Refused, for the reason that the problem tells."),
    ("5XX", "Not now, for the reason that the problem tells."),
];

/// What a route that is not open to all may answer, where the hub has a policy.
const OF_POLICY: [(&str, &str); 3] = [
    (
        "401",
        "`UNAUTHENTICATED`: the credentials do not hold, or there are none and some are needed.",
    ),
    ("403", "`PERMISSION_DENIED`: the policy does not permit it."),
    ("429", "`QUOTA_EXCEEDED`, `LIMIT_REACHED`, `OVERLOADED` and the like, with `Retry-After`."),
];

/// Who asks: a bearer token. A client certificate says it too, or nothing needs to.
const BEARER: &str = "bearer";

/// Routes that are open to all.
const OPEN: [&str; 2] = ["/healthz", "/readyz"];

/// Completes the description of all routes.
pub fn complete(api: &mut OpenApi) {
    let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    let components = api.components.get_or_insert_default();
    components.add_security_scheme(BEARER, SecurityScheme::Http(scheme));
    for (name, path) in &mut api.paths.paths {
        for operation in [&mut path.get, &mut path.head, &mut path.post].into_iter().flatten() {
            if !OPEN.contains(&name.as_str()) {
                asked(operation);
            }
            refusals(operation, &REFUSALS);
        }
    }
}

/// Of a route that asks who sends a request.
fn asked(operation: &mut Operation) {
    let bearer = SecurityRequirement::new::<_, [&str; 0], &str>(BEARER, []);
    operation.security = Some(vec![SecurityRequirement::default(), bearer]);
    refusals(operation, &OF_POLICY);
}

fn refusals(operation: &mut Operation, all: &[(&str, &str)]) {
    for (status, description) in all {
        let refusal = RefOr::T(refusal(description));
        operation.responses.responses.entry((*status).to_owned()).or_insert(refusal);
    }
}

fn refusal(description: &str) -> Response {
    let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let mut response = Response::new(description);
    response.content.insert("application/problem+json".to_owned(), problem.into());
    response
}
