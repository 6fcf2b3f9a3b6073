use std::path::Path;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{TypeKind, TypeSystemDefinition};

/// The file heals itself: a test that fails here has rewritten it, and passes the next time. Under CI it only fails.
#[test]
fn schema_graphql_is_the_schema() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema.graphql");
    let sdl = pathwright::graphql::sdl();
    let on_disk = std::fs::read_to_string(&file).unwrap_or_default();
    if on_disk != sdl {
        if option_env!("CI").is_none() {
            std::fs::write(&file, &sdl).unwrap();
        }
        panic!("schema.graphql was not up to date; it is rewritten now, unless this is CI: review and commit it");
    }
}

#[test]
fn everything_in_the_schema_is_described() {
    let document = parse_schema(pathwright::graphql::sdl()).unwrap();
    let mut bare = Vec::new();
    for definition in document.definitions {
        let TypeSystemDefinition::Type(definition) = definition else {
            continue;
        };
        let name = definition.node.name.node.to_string();
        // Connections and edges are described by what they connect, and made by the library.
        if name.ends_with("Connection") || name.ends_with("Edge") || name == "PageInfo" {
            continue;
        }
        if definition.node.description.is_none() && !matches!(name.as_str(), "Query" | "Mutation" | "Subscription") {
            bare.push(name.clone());
        }
        bare.extend(undescribed(&definition.node.kind).into_iter().map(|member| format!("{name}.{member}")));
    }
    assert!(bare.is_empty(), "without description: {bare:?}");
}

fn undescribed(kind: &TypeKind) -> Vec<String> {
    let mut bare = Vec::new();
    match kind {
        TypeKind::Enum(values) => {
            let without = values.values.iter().filter(|value| value.node.description.is_none());
            bare.extend(without.map(|value| value.node.value.node.to_string()));
        }
        TypeKind::InputObject(input) => {
            let without = input.fields.iter().filter(|field| field.node.description.is_none());
            bare.extend(without.map(|field| field.node.name.node.to_string()));
        }
        TypeKind::Object(object) => {
            for field in &object.fields {
                if field.node.description.is_none() {
                    bare.push(field.node.name.node.to_string());
                }
                // An argument called input says what it is by its type.
                let named = |name: &str| name != "input";
                let without = field.node.arguments.iter().filter(|argument| argument.node.description.is_none());
                let without = without.filter(|argument| named(argument.node.name.node.as_str()));
                bare.extend(without.map(|argument| format!("{}({})", field.node.name.node, argument.node.name.node)));
            }
        }
        _ => {}
    }
    bare
}
