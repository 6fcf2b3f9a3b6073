use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationType};
use async_graphql::{Name, Request, Response, Variables};
use pathwright_api::{ErrorCode, Failure};
use serde::Deserialize;

use super::Server;
use crate::graphql::access::Principal;
use crate::graphql::limits;
use crate::graphql::loaders::Loaders;

/// A GraphQL request as clients send it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GraphqlRequest {
    query: String,
    #[serde(default)]
    operation_name: Option<String>,
    #[serde(default)]
    variables: Option<serde_json::Map<String, serde_json::Value>>,
    /// Accepted and not used.
    #[serde(default)]
    #[expect(dead_code, reason = "part of the request's shape: anything but an object is refused")]
    extensions: Option<serde_json::Map<String, serde_json::Value>>,
}

/// A request that passed the limits.
pub(super) struct Checked {
    pub(super) request: Request,
    pub(super) kind: OperationType,
}

impl GraphqlRequest {
    pub(super) fn from_parts(
        query: String,
        operation_name: Option<String>,
        variables: Option<&str>,
    ) -> Result<Self, Failure> {
        let bad = |error: serde_json::Error| {
            Failure::new(ErrorCode::BadRequest, format!("variables are no JSON object: {error}"))
        };
        let variables = variables.map(serde_json::from_str).transpose().map_err(bad)?;
        Ok(Self { query, operation_name, variables, extensions: None })
    }

    pub(super) fn check(self, server: &Server, principal: Principal) -> Result<Checked, Failure> {
        let document = limits::check(&self.query, &server.config.limits)?;
        let kind = limits::operation_type(&document, self.operation_name.as_deref())?;
        let mut variables = Variables::from_json(serde_json::Value::Object(self.variables.unwrap_or_default()));
        fill_in_defaults(&document, self.operation_name.as_deref(), &mut variables);
        let mut request =
            Request::new(self.query).variables(variables).data(principal).data(Loaders::new(&server.services.store));
        if let Some(name) = self.operation_name {
            request = request.operation_name(name);
        }
        request.set_parsed_query(document);
        Ok(Checked { request, kind })
    }
}

/// Defaults of variables have to hold in `@skip` and `@include` too, which the executor forgets.
fn fill_in_defaults(document: &ExecutableDocument, name: Option<&str>, variables: &mut Variables) {
    let operation = match &document.operations {
        DocumentOperations::Single(operation) => Some(operation),
        DocumentOperations::Multiple(all) => name.and_then(|name| all.get(&Name::new(name))),
    };
    for definition in operation.into_iter().flat_map(|operation| &operation.node.variable_definitions) {
        if let Some(default) = &definition.node.default_value {
            variables.entry(definition.node.name.node.clone()).or_insert_with(|| default.node.clone());
        }
    }
}

/// An answer whose every error has a code. Errors that have no path are about the request itself.
pub(super) fn with_codes(mut response: Response) -> Response {
    for error in &mut response.errors {
        let code = if error.path.is_empty() { ErrorCode::GraphqlInvalid } else { ErrorCode::InvalidInput };
        let extensions = error.extensions.get_or_insert_default();
        if extensions.get("code").is_none() {
            extensions.set("code", code.as_str());
        }
    }
    response
}

/// Whether the request was refused before any field was resolved.
pub(super) fn is_request_error(response: &Response) -> bool {
    !response.errors.is_empty() && response.errors.iter().all(|error| error.path.is_empty())
}

pub(super) fn failed(failure: &Failure) -> Response {
    Response::from_errors(vec![
        crate::graphql::error::wire(failure.clone()).into_server_error(async_graphql::Pos::default()),
    ])
}
