//! Policies about countries, by the file that an administrator supplies.

use super::{POLICY, policy, put, put_part};
use crate::oidc::Client;
use crate::world::World;
use passband_core::directory::AccessKind;
use passband_server::config::File;
use serde_json::json;

const PLACE: &str = "00000000-0000-0000-0000-0000000000b1";

async fn abroad_is_blocked(world: &World) {
    let here = json!({
        "@odata.type": "#microsoft.graph.countryNamedLocation", "displayName": "Here",
        "countriesAndRegions": ["DE"], "includeUnknownCountriesAndRegions": false,
    });
    put_part(world, AccessKind::Location, PLACE, Some(here)).await;
    let blocked = policy(
        "No way",
        &json!({
            "conditions": { "locations": { "includeLocations": ["All"], "excludeLocations": [PLACE] } },
            "grantControls": { "operator": "AND", "builtInControls": ["block"] },
        }),
    );
    put(world, POLICY, Some(blocked)).await;
}

#[tokio::test]
async fn a_country_is_that_of_the_file_and_the_file_is_read_again() {
    let path = std::env::temp_dir().join(format!("passband-countries-{}.csv", std::process::id()));
    std::fs::write(&path, "127.0.0.0/8,DE\n").unwrap();
    let world = World::with(File { countries: Some(path.clone()), ..File::default() }).await;
    let app = Client::public(&world, "App").await;
    let (_, mut browser) = world.user("Ada").await;
    abroad_is_blocked(&world).await;
    let is_in = async |browser: &mut crate::world::Browser| browser.get(&app.address()).await.status == 302;
    assert!(is_in(&mut browser).await, "127.0.0.1 is here");
    browser.ip = [192, 0, 2, 1].into();
    assert!(!is_in(&mut browser).await, "192.0.2.1 is nowhere");
    browser.ip = [127, 0, 0, 1].into();

    std::fs::write(&path, "127.0.0.0/8,FR\n192.0.2.0/24,DE\n").unwrap();
    assert!(is_in(&mut browser).await, "nobody has said that the file changed");
    world.app.countries.read_again().unwrap();
    assert!(!is_in(&mut browser).await, "127.0.0.1 is abroad now");
    browser.ip = [192, 0, 2, 1].into();
    assert!(is_in(&mut browser).await);

    // A file that is half wrong, or gone, changes nothing.
    for bad in [Some("192.0.2.0/24,FR\n192.0.2"), Some("192.0.2.0/24,FR\n192.0.2.0/25,DE\n"), None] {
        match bad {
            Some(text) => std::fs::write(&path, text).unwrap(),
            None => std::fs::remove_file(&path).unwrap(),
        }
        assert!(world.app.countries.read_again().is_err(), "{bad:?}");
        assert!(is_in(&mut browser).await, "{bad:?}");
    }
}

/// Without a file nothing is known of countries: an exclusion lets nobody out.
#[tokio::test]
async fn without_a_file_no_country_is_known() {
    let world = World::new().await;
    let app = Client::public(&world, "App").await;
    let (_, mut browser) = world.user("Ada").await;
    abroad_is_blocked(&world).await;
    assert_ne!(browser.get(&app.address()).await.status, 302);
    world.app.countries.read_again().unwrap();
}
