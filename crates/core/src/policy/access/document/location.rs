//! `ipNamedLocation` and `countryNamedLocation` (Graph).

use super::{DocumentError, Field, Flaw, MAX_LOCATION, MAX_NAME, Object, whole};
use crate::policy::access::location::{Country, NamedLocation, Place};
use ipnet::IpNet;
use passband_wire::id::LocationId;
use serde_json::{Value, json};

const NETWORKS: &str = "#microsoft.graph.ipNamedLocation";
const COUNTRIES: &str = "#microsoft.graph.countryNamedLocation";

/// Most networks in one location, as in Microsoft's service.
pub const MAX_NETWORKS: usize = 2000;

impl NamedLocation {
    /// The location of a whole document. Its id is the one given.
    ///
    /// # Errors
    ///
    /// [`DocumentError`] with everything that is wrong.
    pub fn from_graph(document: &Value, id: LocationId) -> Result<Self, DocumentError> {
        whole(document, MAX_LOCATION, |root| read(root, id))
    }

    /// The location as Graph shows it.
    #[must_use]
    pub fn to_graph(&self) -> Value {
        let mut document = match &self.place {
            Place::Networks { ranges, trusted } => json!({
                "@odata.type": NETWORKS,
                "isTrusted": trusted,
                "ipRanges": ranges.iter().map(|net| json!({
                    "@odata.type": match net {
                        IpNet::V4(_) => "#microsoft.graph.iPv4CidrRange",
                        IpNet::V6(_) => "#microsoft.graph.iPv6CidrRange",
                    },
                    "cidrAddress": net.to_string(),
                })).collect::<Vec<_>>(),
            }),
            Place::Countries { countries, include_unknown } => json!({
                "@odata.type": COUNTRIES,
                "countriesAndRegions": countries.iter().map(Country::code).collect::<Vec<_>>(),
                "includeUnknownCountriesAndRegions": include_unknown,
                "countryLookupMethod": "clientIpAddress",
            }),
        };
        document["id"] = json!(self.id.to_string());
        document["displayName"] = json!(self.name);
        document
    }
}

fn read(root: Object<'_>, id: LocationId) -> Option<NamedLocation> {
    root.pass(&["id", "createdDateTime", "modifiedDateTime"]);
    let name = root.need("displayName").and_then(|it| it.words(1, MAX_NAME));
    let kind = root
        .need("@odata.type")
        .and_then(|it| it.choice(&[true, false], |networks| if networks { NETWORKS } else { COUNTRIES }))?;
    let place = if kind { networks(&root) } else { countries(&root) };
    root.finish();
    Some(NamedLocation { id, name: name?, place })
}

fn networks(root: &Object<'_>) -> Place {
    let ranges = root.need("ipRanges");
    let items = ranges.iter().flat_map(Field::list);
    let ranges: Vec<_> = items.filter_map(|item| network(&item)).collect();
    if !(1..=MAX_NETWORKS).contains(&ranges.len()) {
        let expected = format!("1 to {MAX_NETWORKS} networks");
        root.flaw("ipRanges", Flaw::Unexpected { expected, found: ranges.len().to_string() });
    }
    Place::Networks { ranges, trusted: root.take("isTrusted").and_then(|it| it.bool()).unwrap_or_default() }
}

fn network(item: &Field<'_>) -> Option<IpNet> {
    let object = item.object()?;
    let field = object.need("cidrAddress")?;
    let network = field.text()?.parse::<IpNet>().ok().filter(|net| net.prefix_len() > 0);
    if network.is_none() {
        field.unexpected("a network such as 192.0.2.0/24 or 2001:db8::/32, and not every address there is");
    }
    object.finish();
    network.map(|net| net.trunc())
}

fn countries(root: &Object<'_>) -> Place {
    let listed = root.need("countriesAndRegions");
    let mut countries = Vec::new();
    for item in listed.iter().flat_map(Field::list) {
        match item.text().and_then(Country::from_code) {
            Some(country) if !countries.contains(&country) => countries.push(country),
            Some(_) => {}
            None => item.unexpected("two letters of ISO 3166-1"),
        }
    }
    let include_unknown =
        root.take("includeUnknownCountriesAndRegions").and_then(|it| it.bool()).unwrap_or_default();
    if countries.is_empty() && !include_unknown {
        root.flaw("countriesAndRegions", Flaw::Missing);
    }
    if let Some(method) = root.take("countryLookupMethod").filter(|it| it.text() != Some("clientIpAddress")) {
        method.flaw(Flaw::NotEnforced("nobody tells this server where they stand; clientIpAddress is asked"));
    }
    Place::Countries { countries, include_unknown }
}
