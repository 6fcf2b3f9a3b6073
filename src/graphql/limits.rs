use std::collections::HashMap;

use async_graphql::parser::parse_query;
use async_graphql::parser::types::{ExecutableDocument, FragmentDefinition, OperationType, Selection, SelectionSet};
use async_graphql::{Name, Positioned};
use pathwright_api::{ErrorCode, Failure};

use crate::config::Limits;

/// Brackets that may be open at once in the text of a document: what nests deeper is refused before the parser recurses.
const OPEN_BRACKETS: usize = 200;

/// Parses a document and measures it, fragments expanded but never walked twice.
pub fn check(text: &str, limits: &Limits) -> Result<ExecutableDocument, Failure> {
    if deepest_bracket(text) > OPEN_BRACKETS {
        return Err(too_deep(limits));
    }
    let document = parse_query(text).map_err(|error| Failure::new(ErrorCode::GraphqlInvalid, error.to_string()))?;
    let mut measure = Measure { fragments: &document.fragments, known: HashMap::new(), open: Vec::new() };
    for (_, operation) in document.operations.iter() {
        let size = measure.selections(&operation.node.selection_set)?;
        if size.depth > limits.depth {
            return Err(too_deep(limits));
        }
        if size.aliases > limits.aliases {
            let message = format!("the document has {} aliases; at most {} are allowed", size.aliases, limits.aliases);
            return Err(Failure::new(ErrorCode::TooManyAliases, message));
        }
        if size.fields > limits.fields {
            let message =
                format!("the document asks for {} fields; at most {} are allowed", size.fields, limits.fields);
            return Err(Failure::new(ErrorCode::QueryTooComplex, message));
        }
    }
    Ok(document)
}

/// Whether the chosen operation is a query; a document with several needs a name.
pub fn operation_type(document: &ExecutableDocument, name: Option<&str>) -> Result<OperationType, Failure> {
    let mut operations = document.operations.iter();
    let found = match name {
        Some(name) => operations.find(|(own, _)| own.is_some_and(|own| own.as_str() == name)),
        None if operations.clone().count() > 1 => {
            let message = "the document has several operations; operationName has to choose one";
            return Err(Failure::new(ErrorCode::BadRequest, message));
        }
        None => operations.next(),
    };
    let unknown = || Failure::new(ErrorCode::BadRequest, "the document has no operation of that name");
    found.map(|(_, operation)| operation.node.ty).ok_or_else(unknown)
}

fn too_deep(limits: &Limits) -> Failure {
    Failure::new(ErrorCode::QueryTooDeep, format!("the document nests deeper than the {} levels allowed", limits.depth))
}

fn deepest_bracket(text: &str) -> usize {
    let mut open = 0usize;
    let mut deepest = 0;
    let mut in_string = false;
    let mut escaped = false;
    for byte in text.bytes() {
        match byte {
            b'\\' if in_string => escaped = !escaped,
            b'"' if !escaped => in_string = !in_string,
            b'{' | b'[' | b'(' if !in_string => open += 1,
            b'}' | b']' | b')' if !in_string => open = open.saturating_sub(1),
            _ => {}
        }
        escaped = escaped && byte == b'\\';
        deepest = deepest.max(open);
    }
    deepest
}

#[derive(Clone, Copy, Default)]
struct Size {
    depth: usize,
    fields: usize,
    aliases: usize,
}

struct Measure<'d> {
    fragments: &'d HashMap<Name, Positioned<FragmentDefinition>>,
    known: HashMap<&'d str, Size>,
    open: Vec<&'d str>,
}

impl<'d> Measure<'d> {
    fn selections(&mut self, set: &'d Positioned<SelectionSet>) -> Result<Size, Failure> {
        let mut size = Size::default();
        for item in &set.node.items {
            let inner = self.selection(&item.node)?;
            size.depth = size.depth.max(inner.depth);
            size.fields = size.fields.saturating_add(inner.fields);
            size.aliases = size.aliases.saturating_add(inner.aliases);
        }
        Ok(size)
    }

    fn selection(&mut self, selection: &'d Selection) -> Result<Size, Failure> {
        match selection {
            // Introspection is deep by nature and costs no data; it counts as one field.
            Selection::Field(field) if field.node.name.node.starts_with("__") => {
                Ok(Size { depth: 1, fields: 1, aliases: 0 })
            }
            Selection::Field(field) => {
                let inner = self.selections(&field.node.selection_set)?;
                Ok(Size {
                    depth: inner.depth + 1,
                    fields: inner.fields.saturating_add(1),
                    aliases: inner.aliases.saturating_add(usize::from(field.node.alias.is_some())),
                })
            }
            Selection::InlineFragment(fragment) => self.selections(&fragment.node.selection_set),
            Selection::FragmentSpread(spread) => self.fragment(&spread.node.fragment_name.node),
        }
    }

    fn fragment(&mut self, name: &'d str) -> Result<Size, Failure> {
        if let Some(size) = self.known.get(name) {
            return Ok(*size);
        }
        let Some((name, fragment)) = self.fragments.get_key_value(name) else {
            return Err(Failure::new(ErrorCode::GraphqlInvalid, format!("unknown fragment: `{name}`")));
        };
        if self.open.contains(&name.as_str()) {
            return Err(Failure::new(ErrorCode::GraphqlInvalid, format!("the fragment `{name}` contains itself")));
        }
        self.open.push(name);
        let size = self.selections(&fragment.node.selection_set)?;
        self.open.pop();
        self.known.insert(name, size);
        Ok(size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn refused(text: &str) -> ErrorCode {
        check(text, &Config::from_toml("").unwrap().limits).unwrap_err().code
    }

    #[test]
    fn deep_wide_and_renamed_documents_are_refused() {
        let deep = format!("{}x{}", "{a".repeat(60), "}".repeat(60));
        assert_eq!(refused(&deep), ErrorCode::QueryTooDeep);
        assert_eq!(refused(&"{a".repeat(100_000)), ErrorCode::QueryTooDeep);
        let aliases: String = (0..2_000).map(|n| format!("a{n}: x ")).collect();
        assert_eq!(refused(&format!("{{{aliases}}}")), ErrorCode::TooManyAliases);
        assert_eq!(refused(&format!("{{{}}}", "x ".repeat(3_000))), ErrorCode::QueryTooComplex);
    }

    #[test]
    fn doubling_fragments_are_measured_without_being_expanded() {
        let doubling: String =
            (0..60).map(|n| format!("fragment f{n} on Q {{ ...f{m} ...f{m} }} ", m = n + 1)).collect();
        let text = format!("{{ ...f0 }} {doubling} fragment f60 on Q {{ x }}");
        assert_eq!(refused(&text), ErrorCode::QueryTooComplex);
        assert_eq!(refused("{ ...a } fragment a on Q { ...b } fragment b on Q { ...a }"), ErrorCode::GraphqlInvalid);
    }

    #[test]
    fn introspection_is_within_the_limits() {
        let nested = format!("{{ __schema {{ {} }} }}", "types { ofType { ".repeat(9) + "name" + &" } }".repeat(9));
        assert!(check(&nested, &Config::from_toml("").unwrap().limits).is_ok());
    }
}
