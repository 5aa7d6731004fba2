//! What is wrong is told with its place, and nothing else is lost.

use super::{ADA, BOB, people, tenant};
use passband_map::model::LeftOut;
use passband_map::tenant::{ReadError, parse, read};
use serde_json::json;

fn told(it: &LeftOut) -> (u32, u32, &str, &str) {
    (it.source.file, it.source.line, &it.field, &it.expected)
}

#[test]
fn a_wrong_field_leaves_out_its_resource_alone() {
    let text = format!(
        "{{\n \"@odata.context\": \"https://graph.microsoft.com/beta/$metadata#users\",\n \"value\": [\n  {{\n   \"id\": \"{ADA}\",\n   \"userPrincipalName\": \"ada@x.example\",\n   \"accountEnabled\": \"yes\"\n  }},\n  {{ \"id\": \"{BOB}\", \"userPrincipalName\": \"bob@x.example\" }},\n  {{ \"userPrincipalName\": \"eve@x.example\" }}\n ]\n}}"
    );
    let tenant = parse([("users.json", text.as_bytes())]);
    assert_eq!(tenant.people.len(), 1);
    assert_eq!(
        tenant.left_out.iter().map(told).collect::<Vec<_>>(),
        [(0, 7, "accountEnabled", "true or false"), (0, 10, "id", "a GUID"),]
    );
    assert_eq!(tenant.left_out[0].found, "\"yes\"");
}

#[test]
fn a_broken_file_leaves_the_others() {
    let users = people().1.to_string();
    let tenant = parse([
        ("a.json", &b"{\n\"value\": [\n{]\n"[..]),
        ("users.json", users.as_bytes()),
        ("c.json", b"\xff\x00"),
    ]);
    assert_eq!(tenant.people.len(), 2);
    assert_eq!(
        tenant.left_out.iter().map(told).collect::<Vec<_>>(),
        [(0, 3, "", "JSON"), (2, 1, "", "JSON, in UTF-8 or UTF-16"),]
    );
}

#[test]
fn a_refusal_that_was_saved_is_told() {
    let refusal =
        json!({ "error": { "code": "Authorization_RequestDenied", "message": "Insufficient privileges" } });
    let tenant = tenant(&[people(), ("devices.json", refusal)]);
    assert_eq!(tenant.left_out.len(), 1);
    assert!(tenant.left_out[0].found.contains("Authorization_RequestDenied"));
}

#[test]
fn a_passkey_of_nobody_is_told() {
    let key = json!({ "value": [{ "id": "k", "aaGuid": "cb69481e-8ff7-4039-93ec-0a2729a154a8" }] });
    let tenant = tenant(&[people(), ("fido2Methods.json", key)]);
    assert_eq!(tenant.left_out.len(), 1);
    assert_eq!(tenant.left_out[0].field, "@odata.context");
}

#[test]
fn links_out_of_the_folder_are_not_followed() {
    let folder = std::env::temp_dir().join(format!("passband-import-{}", std::process::id()));
    let (inside, outside) = (folder.join("export/deep"), folder.join("elsewhere"));
    std::fs::create_dir_all(&inside).unwrap();
    std::fs::create_dir_all(&outside).unwrap();
    std::fs::write(inside.join("users.json"), people().1.to_string()).unwrap();
    std::fs::write(inside.join("notes.txt"), "no JSON").unwrap();
    std::fs::write(outside.join("secret.json"), "[]").unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(&outside, folder.join("export/link")).unwrap();
        std::os::unix::fs::symlink(outside.join("secret.json"), folder.join("export/file.json")).unwrap();
        std::os::unix::fs::symlink(folder.join("export"), inside.join("circle")).unwrap();
    }
    let mut told = Vec::new();
    let tenant = read(&folder.join("export"), &mut |done, of| told.push((done, of))).unwrap();
    assert_eq!(tenant.files, ["deep/users.json"]);
    assert_eq!((tenant.people.len(), told), (2, vec![(1, 1)]));
    let empty = folder.join("empty");
    std::fs::create_dir_all(&empty).unwrap();
    assert!(matches!(read(&empty, &mut |_, _| {}), Err(ReadError::Nothing)));
    assert!(matches!(read(&folder.join("none"), &mut |_, _| {}), Err(ReadError::Missing)));
    let file = folder.join("export/deep/notes.txt");
    assert!(matches!(read(&file, &mut |_, _| {}), Err(ReadError::NoFolder)));
    std::fs::remove_dir_all(&folder).unwrap();
}
