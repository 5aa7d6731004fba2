//! `/v1.0/openapi.json`, made from the tables of operations and resources (OpenAPI 3.1).

use super::resource::{Kind, Property, RESOURCES, Resource};
use super::table::{Answer, OPERATIONS, Operation};
use crate::app::App;
use axum::Json;
use axum::extract::State;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// `GET /openapi.json`. It tells nothing of the installation but its address, so anyone may read it.
pub async fn get(State(app): State<Arc<App>>) -> Json<Value> {
    Json(document(&app.config.public_url))
}

/// The document.
pub fn document(public_url: &str) -> Value {
    let mut paths = Map::new();
    for operation in OPERATIONS {
        let item = paths.entry(operation.path).or_insert_with(|| json!({}));
        item[operation.method] = described(operation);
    }
    let mut schemas: Map<_, _> = RESOURCES.iter().map(|r| (r.name.to_owned(), schema(r))).collect();
    schemas.insert("error".to_owned(), error_schema());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Passband admin API",
            "description": "A subset of Microsoft Graph, under the same names; own properties begin with passband_.",
            "version": env!("CARGO_PKG_VERSION"),
        },
        "servers": [{ "url": format!("{public_url}/v1.0") }, { "url": format!("{public_url}/beta") }],
        "security": [{ "adminToken": [] }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": { "adminToken": {
                "type": "http", "scheme": "bearer", "description": "From `passband admin token`; good for 15 minutes.",
            } },
        },
    })
}

fn described(operation: &Operation) -> Value {
    let reference = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    let json = |schema: Value| json!({ "application/json": { "schema": schema } });
    let (status, good) = match operation.answer {
        Answer::Collection(resource) => {
            ("200", json!({ "description": "A page.", "content": json(page_of(&reference(resource.name))) }))
        }
        Answer::Created(resource) => {
            ("201", json!({ "description": "Made.", "content": json(reference(resource.name)) }))
        }
        Answer::Object(resource) => {
            ("200", json!({ "description": "Found.", "content": json(reference(resource.name)) }))
        }
        Answer::Other => {
            ("200", json!({ "description": "Done.", "content": json(json!({ "type": "object" })) }))
        }
        Answer::Nothing => ("204", json!({ "description": "Done." })),
    };
    let refused = json!({ "description": "Refused.", "content": json(reference("error")) });
    let mut out = json!({
        "operationId": operation.id,
        "summary": operation.summary,
        "parameters": parameters(operation),
        "responses": { status: good, "default": refused },
    });
    if !operation.body.is_empty() {
        let members: Map<_, _> = operation.body.iter().map(|&name| (name.to_owned(), member(name))).collect();
        let body = json!({ "type": "object", "properties": members, "additionalProperties": false });
        out["requestBody"] = json!({ "required": true, "content": json(body) });
    }
    out
}

/// The schema of a member of a body: that of the resource which has a property of this name.
fn member(name: &str) -> Value {
    let known = RESOURCES.iter().find_map(|resource| schema(resource)["properties"].get(name).cloned());
    match name {
        "passwordCredential" => {
            json!({ "type": "object", "properties": { "displayName": { "type": "string" } }, "additionalProperties": false })
        }
        "document" => json!({ "type": "string", "description": "The file as it was published." }),
        "publicKeyCredential" => {
            let text = json!({ "type": "string" });
            let response = json!({
                "type": "object", "required": ["clientDataJSON", "attestationObject"],
                "properties": { "clientDataJSON": text, "attestationObject": text },
            });
            json!({ "type": "object", "required": ["id", "response"], "properties": { "id": text, "response": response } })
        }
        "signInIdentity" | "signInContext" | "signInConditions" | "policy" => json!({ "type": "object" }),
        "appliedPoliciesOnly" => json!({ "type": "boolean" }),
        "days" => json!({ "type": "integer", "minimum": 1, "maximum": 365 }),
        "since" | "until" => json!({ "type": "string", "format": "date-time" }),
        "remove" => json!({ "type": "array", "items": { "type": "string", "format": "uuid" } }),
        "keyId" => json!({ "type": "string", "format": "uuid" }),
        "@odata.id" => {
            json!({ "type": "string", "description": "Ends in users/{id} or directoryObjects/{id}." })
        }
        "passband_force" => {
            json!({ "type": "boolean", "description": "Make the change although it is refused for what it would do: leave no administrator who could sign in, say." })
        }
        _ => known.unwrap_or_else(|| json!({})),
    }
}

fn page_of(item: &Value) -> Value {
    json!({
        "type": "object",
        "required": ["@odata.context", "value"],
        "properties": {
            "@odata.context": { "type": "string" },
            "@odata.nextLink": { "type": "string", "description": "Where the next page is; absent on the last." },
            "value": { "type": "array", "items": item },
        },
    })
}

fn parameters(operation: &Operation) -> Vec<Value> {
    let in_path = operation.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let mut all: Vec<_> = in_path
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect();
    let mut query = |name: &str, schema: Value, doc: String| {
        all.push(json!({ "name": name, "in": "query", "schema": schema, "description": doc }));
    };
    let text = || json!({ "type": "string" });
    if operation.path.starts_with("/passband_trust") && operation.method != "get" {
        query("passband_dryRun", json!({ "type": "boolean" }), "Only say whom it would touch.".to_owned());
    }
    if operation.path == "/auditLogs/directoryAudits" {
        let number = json!({ "type": "integer", "minimum": 0 });
        let doc = "Only lines behind this number, in the order of the chain. Not with $filter.".to_owned();
        query(super::logs::AFTER, number, doc);
    }
    if operation.id == "listPasskeyModels" {
        for (option, what) in [(super::trust::ACCEPTED_BY, "accepts"), (super::trust::REFUSED_BY, "refuses")]
        {
            let doc =
                format!("Only models that this profile {what}: its id or name, or the key of a template.");
            query(option, text(), doc);
        }
    }
    if let Answer::Collection(resource) = operation.answer {
        let number = json!({ "type": "integer", "minimum": 1, "maximum": 999, "default": 100 });
        query("$top", number, "Most objects in a page.".to_owned());
        query("$skiptoken", text(), "From the nextLink of the page before.".to_owned());
        let names: Vec<_> = resource.properties.iter().filter(|p| p.filterable).map(|p| p.name).collect();
        if !names.is_empty() {
            let doc = format!(
                "Conditions joined by `and`: eq and ne; ge, gt, le, lt on times and numbers; startswith(name,'text'). Over {}.",
                names.join(", ")
            );
            query("$filter", text(), doc);
        }
    }
    if matches!(operation.answer, Answer::Collection(_) | Answer::Object(_)) {
        query("$select", text(), "Names of properties, with commas between.".to_owned());
    }
    all
}

fn schema(resource: &Resource) -> Value {
    let mut root = json!({ "type": "object", "properties": {} });
    for property in resource.properties {
        let mut at = &mut root;
        let mut parts = property.name.split('/').peekable();
        while let Some(part) = parts.next() {
            let members = &mut at["properties"];
            if parts.peek().is_none() {
                members[part] = of_kind(property);
                break;
            }
            if members.get(part).is_none() {
                members[part] = json!({ "type": ["object", "null"], "properties": {} });
            }
            at = &mut members[part];
        }
    }
    root
}

fn of_kind(property: &Property) -> Value {
    let mut schema = match property.kind {
        Kind::Bool => json!({ "type": ["boolean", "null"] }),
        Kind::Guid => json!({ "type": ["string", "null"], "format": "uuid" }),
        Kind::Int => json!({ "type": "integer" }),
        Kind::Object => json!({ "type": ["object", "null"] }),
        Kind::Objects => json!({ "type": "array", "items": { "type": "object" } }),
        Kind::Text => json!({ "type": ["string", "null"] }),
        Kind::Texts => json!({ "type": "array", "items": { "type": "string" } }),
        Kind::Time => json!({ "type": ["string", "null"], "format": "date-time" }),
    };
    schema["description"] = property.doc.into();
    schema
}

fn error_schema() -> Value {
    json!({
        "type": "object",
        "properties": { "error": {
            "type": "object",
            "properties": {
                "code": { "type": "string" },
                "message": { "type": "string" },
                "innerError": {
                    "type": "object",
                    "properties": {
                        "date": { "type": "string", "format": "date-time" },
                        "request-id": { "type": "string", "format": "uuid" },
                        "passband_reason": { "type": "string", "description": "A reason code, where a rule refused." },
                        "passband_problems": {
                            "type": "array", "description": "What is wrong with a document, place by place.",
                            "items": { "type": "object", "properties": {
                                "path": { "type": "string" }, "message": { "type": "string" },
                            } },
                        },
                    },
                },
            },
        } },
    })
}

#[cfg(test)]
mod tests {
    use super::super::resource::top_level;
    use super::*;

    #[test]
    fn every_operation_is_described_once() {
        let document = document("https://id.example.org");
        let described: usize =
            document["paths"].as_object().unwrap().values().map(|item| item.as_object().unwrap().len()).sum();
        assert_eq!(described, OPERATIONS.len());
        let mut ids: Vec<_> = OPERATIONS.iter().map(|operation| operation.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), OPERATIONS.len());
        for resource in RESOURCES {
            let members = document["components"]["schemas"][resource.name]["properties"].as_object().unwrap();
            for property in resource.properties {
                assert!(members.contains_key(top_level(property)), "{} {}", resource.name, property.name);
            }
        }
        for operation in OPERATIONS {
            for name in operation.body {
                assert_ne!(member(name), json!({}), "{} {name}", operation.id);
            }
        }
    }
}
