//! What the description of the API says of every route: how it refuses.

use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::response::Response;
use utoipa::openapi::{OpenApi, Ref, RefOr};

/// What any route may answer besides its own.
const REFUSALS: [(&str, &str); 2] = [
    ("4XX", "Refused, for the reason that the problem tells."),
    ("5XX", "Not now, for the reason that the problem tells."),
];

/// Completes the description of all routes.
pub fn complete(api: &mut OpenApi) {
    for path in api.paths.paths.values_mut() {
        let operations = [&mut path.get, &mut path.head, &mut path.post];
        operations.into_iter().flatten().for_each(refusals);
    }
}

fn refusals(operation: &mut Operation) {
    for (status, description) in REFUSALS {
        let refusal = RefOr::T(refusal(description));
        operation.responses.responses.entry(status.to_owned()).or_insert(refusal);
    }
}

fn refusal(description: &str) -> Response {
    let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let mut response = Response::new(description);
    response.content.insert("application/problem+json".to_owned(), problem.into());
    response
}
