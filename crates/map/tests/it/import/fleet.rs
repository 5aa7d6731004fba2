//! Lists of devices.

use super::{ADA, BOB, collection, people, tenant};
use passband_core::policy::access::facts::{Fact, Ownership, Platform, TrustType};
use passband_map::fleet::read;
use passband_map::model::{Browser, KeyStore, Tenant};
use serde_json::json;

const DEVICE: &str = "00000000-0000-0000-0000-0000000000d1";

fn exported() -> Tenant {
    let devices = json!([{
        "id": "00000000-0000-0000-0000-0000000000e1", "deviceId": DEVICE, "displayName": "LAPTOP",
        "operatingSystem": "Windows", "trustType": "AzureAd", "registeredOwners": [{ "id": ADA }],
    }]);
    tenant(&[people(), ("devices.json", collection("v1.0", "devices", devices))])
}

#[test]
fn a_list_says_what_the_export_does_not() {
    let text = "Device name;OS;OS version;State;Browsers;Primary user UPN;Compliance;Ownership;Keys;SSO;Colour\n\
                laptop;Windows;11 23H2;joined;\"Edge;Google Chrome\";ada@x.example;Compliant;Corporate;TPM;yes;red\n\
                phone;iOS;18.1;registered;Safari;Bob@x.example;noncompliant;Personal;hardware;no;\n";
    for (rule, text) in [(";", text.to_owned()), ("tab", text.replace(';', "\t").replace("Edge\t", "Edge;"))]
    {
        let mut tenant = exported();
        read(text.as_bytes(), "fleet.csv", &mut tenant);
        assert_eq!(tenant.left_out, [], "{rule}");
        let [laptop, phone] = &tenant.devices[..] else { panic!("{:?}", tenant.devices) };
        assert_eq!(laptop.browsers, Fact::Known(vec![Browser::Chrome, Browser::Edge]));
        assert_eq!((laptop.keys, laptop.sso), (Fact::Known(KeyStore::Hardware), Fact::Known(true)));
        assert_eq!((laptop.compliant, laptop.ownership), (Fact::Known(true), Some(Ownership::Company)));
        assert_eq!(
            laptop.id.map(|it| it.to_string()).as_deref(),
            Some(DEVICE),
            "it is the one of the export"
        );
        assert_eq!(phone.platform, Fact::Known(Some(Platform::Ios)));
        assert_eq!(phone.trust, Fact::Known(Some(TrustType::Workplace)));
        assert_eq!((phone.owners.clone(), phone.sso), (Fact::Known(vec![1]), Fact::Known(false)));
        assert_eq!(tenant.files.last().map(String::as_str), Some("fleet.csv"));
    }
}

#[test]
fn a_wrong_cell_leaves_out_its_row_alone() {
    let text = format!(
        "name,platform,state,owner,deviceId\nA,Windows,floating,{ADA},\nB,Linux,none,{BOB},\nC,Linux,,eve@x.example,\nD,macOS,,,zz\n,Linux,,,\nE,Linux,\"hy"
    );
    let mut tenant = exported();
    read(text.as_bytes(), "fleet.csv", &mut tenant);
    let names: Vec<_> = tenant.devices.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["LAPTOP", "B"]);
    assert_eq!(tenant.devices[1].trust, Fact::Known(None));
    let told: Vec<_> = tenant.left_out.iter().map(|it| (it.source.line, it.field.as_str())).collect();
    assert_eq!(told, [(7, ""), (2, "state"), (4, "owner"), (5, "deviceId"), (6, "name")]);
    assert!(tenant.left_out.iter().all(|it| it.source.file == 2), "the list is the third file");
}

#[test]
fn json_has_the_same_columns() {
    let text = json!({ "devices": [
        { "deviceId": DEVICE, "platform": "Windows", "browsers": ["edge", "firefox"], "sso": true, "keys": "software" },
        { "name": "X", "platform": "Linux", "browsers": [1] },
        { "name": "Y", "platform": { "a": 1 } },
        { "name": "Z", "platform": "Linux", "owner": null },
    ] });
    let mut tenant = exported();
    read(text.to_string().as_bytes(), "fleet.json", &mut tenant);
    let laptop = &tenant.devices[0];
    assert_eq!(laptop.browsers, Fact::Known(vec![Browser::Edge, Browser::Firefox]));
    assert_eq!((laptop.sso, laptop.keys), (Fact::Known(true), Fact::Known(KeyStore::Software)));
    assert_eq!(tenant.devices.len(), 2);
    assert_eq!(
        tenant.left_out.iter().map(|it| it.field.as_str()).collect::<Vec<_>>(),
        ["browsers", "platform"]
    );
}

#[test]
fn a_list_alone_has_the_people_it_names() {
    let text = "name,platform,owner\nA,Windows,ada@x.example\nB,Linux,Ada@x.example;bob@x.example\n";
    let mut tenant = Tenant::default();
    read(text.as_bytes(), "fleet.csv", &mut tenant);
    let names: Vec<_> = tenant.people.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["ada@x.example", "bob@x.example"]);
    assert_eq!(tenant.devices[1].owners, Fact::Known(vec![0, 1]));
    assert_eq!(tenant.notes[0].code, "people-from-fleet");
    let mut tenant = Tenant::default();
    read(b"a,b\n1,2\n", "fleet.csv", &mut tenant);
    assert_eq!((tenant.devices.len(), tenant.left_out.len()), (0, 1), "a header that says nothing");
}

/// What device filters and Google's passkeys on Android ask for. The export's own word counts where it has one.
#[test]
fn a_list_says_who_made_a_device() {
    let text = "name,platform,owner,Manufacturer,Model\n\
                LAPTOP,Windows,ada@x.example,LENOVO,21CB\nPHONE,Android,bob@x.example,samsung,SM-S921B\n";
    let made = |tenant: &Tenant, at: usize| {
        let it = &tenant.devices[at].filtered;
        (it.manufacturer.clone(), it.model.clone())
    };
    let both = |one: &str, other: &str| (Some(one.to_owned()), Some(other.to_owned()));
    let mut tenant = exported();
    tenant.devices[0].filtered.model = Some("ThinkPad".to_owned());
    read(text.as_bytes(), "fleet.csv", &mut tenant);
    assert_eq!(tenant.left_out, []);
    assert_eq!(made(&tenant, 0), both("LENOVO", "ThinkPad"));
    assert_eq!(made(&tenant, 1), both("samsung", "SM-S921B"));
    let json =
        json!([{ "name": "PHONE", "platform": "Android", "manufacturer": "Google", "model": "Pixel 9" }]);
    let mut tenant = exported();
    read(json.to_string().as_bytes(), "fleet.json", &mut tenant);
    assert_eq!(made(&tenant, 1), both("Google", "Pixel 9"));
}

/// Each column that has words of its own refuses others, and says which it takes.
#[test]
fn each_column_tells_what_it_takes() {
    let cells = [
        ("browsers", "netscape"),
        ("compliant", "perhaps"),
        ("deviceId", "laptop"),
        ("keys", "paper"),
        ("managed", "sometimes"),
        ("ownership", "stolen"),
        ("sso", "on"),
        ("state", "floating"),
        ("owner", "eve@x.example"),
    ];
    let mut told = Vec::new();
    for (column, cell) in cells {
        let mut tenant = exported();
        read(format!("name,platform,{column}\nX,Windows,{cell}\n").as_bytes(), "fleet.csv", &mut tenant);
        told.extend(tenant.left_out.into_iter().map(|it| (it.field, it.expected, it.found)));
    }
    let expected = [
        ("browsers", "chrome, edge, firefox or safari", "netscape"),
        ("compliant", "yes, no or unknown", "perhaps"),
        ("deviceId", "a GUID", "laptop"),
        ("keys", "hardware or software", "paper"),
        ("managed", "yes, no or unknown", "sometimes"),
        ("ownership", "company, personal or unknown", "stolen"),
        ("sso", "yes, no or unknown", "on"),
        ("state", "registered, joined, hybrid, none or unknown", "floating"),
        ("owner", "people of the export", "eve@x.example"),
    ];
    let expected = expected.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned()));
    assert_eq!(told, expected);
}
