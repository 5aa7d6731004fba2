//! Makes tenants from a seed, as large as one likes, in the files that an export has: to measure with, and to hold the
//! reader against, since whoever made a tenant knows what is in it.
//!
//! The same seed and size make the same bytes.

mod people;
mod policies;
mod rng;

pub use rng::SplitMix;
use serde_json::{Value, json};

/// How large a tenant is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// People.
    pub users: u32,
    /// Devices.
    pub devices: u32,
    /// Groups. Every fifth holds another.
    pub groups: u32,
    /// Conditional access policies.
    pub policies: u32,
    /// Passkey profiles.
    pub profiles: u32,
}

impl Size {
    /// A tenant of so many people, with three devices for two of them, 30 policies and 20 profiles.
    #[must_use]
    pub const fn of_users(users: u32) -> Self {
        let groups = if users < 1000 { 10 } else { users / 100 };
        Self { users, devices: users + users / 2, groups, policies: 30, profiles: 20 }
    }
}

/// What is in a tenant that was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// People.
    pub people: usize,
    /// People from outside.
    pub guests: usize,
    /// Accounts that are disabled.
    pub disabled: usize,
    /// Passkeys.
    pub passkeys: usize,
    /// Of them synced.
    pub synced: usize,
    /// Of them attested.
    pub attested: usize,
    /// Other methods, one for each kind somebody has.
    pub methods: usize,
    /// Groups.
    pub groups: usize,
    /// Who is in which group, by way of others too.
    pub memberships: usize,
    /// Who holds which role.
    pub roles: usize,
    /// Devices.
    pub devices: usize,
    /// Of them compliant.
    pub compliant: usize,
    /// Conditional access policies.
    pub policies: usize,
    /// Policies that came through v1.0.
    pub without_token_protection: usize,
    /// Passkey profiles.
    pub profiles: usize,
}

/// Resources on one page, as Graph sends users.
const PAGE: usize = 999;

/// Makes a tenant and hands out its files: paths relative to the folder of the export, and bytes.
pub fn tenant(seed: u64, size: Size, out: &mut dyn FnMut(&str, &[u8])) -> Made {
    let mut made = Made::default();
    let mut rng = SplitMix::new(seed);
    people::users(seed, size, &mut made, out);
    people::groups(&mut rng, size, &mut made, out);
    people::roles(&mut rng, size, &mut made, out);
    people::devices(&mut rng, size, &mut made, out);
    policies::methods(&mut rng, size, &mut made, out);
    policies::access(&mut rng, size, &mut made, out);
    made
}

/// The id of the thing of a kind with a number.
fn id(kind: u8, number: u32) -> String {
    let mut rng = SplitMix::new(u64::from(kind) << 32 | u64::from(number));
    let (a, b) = (rng.next(), rng.next());
    // The number stands in the last group, so that no two are the same.
    format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{kind:02x}{:02x}{number:08x}",
        a >> 32,
        a >> 16 & 0xffff,
        a & 0xfff,
        b & 0xfff,
        b >> 16 & 0xff
    )
}

const USER: u8 = 1;
const GROUP: u8 = 2;
const DEVICE: u8 = 3;
const OBJECT: u8 = 4;
const POLICY: u8 = 5;
const PROFILE: u8 = 6;
const STRENGTH: u8 = 7;
const LOCATION: u8 = 8;
const METHOD: u8 = 9;
const APP: u8 = 10;

fn url(edition: &str, what: &str) -> String {
    format!("https://graph.microsoft.com/{edition}/$metadata#{what}")
}

/// Gathers resources and writes them page by page.
struct Paged<'o> {
    name: String,
    context: String,
    next: String,
    items: Vec<Value>,
    page: usize,
    out: &'o mut dyn FnMut(&str, &[u8]),
}

impl<'o> Paged<'o> {
    fn new(name: &str, context: &str, next: &str, out: &'o mut dyn FnMut(&str, &[u8])) -> Self {
        let (name, context, next) = (name.to_owned(), context.to_owned(), next.to_owned());
        Self { name, context, next, items: Vec::new(), page: 1, out }
    }

    fn push(&mut self, item: Value) {
        if self.items.len() == PAGE {
            self.write(true);
        }
        self.items.push(item);
    }

    fn write(&mut self, followed: bool) {
        let mut page = json!({ "@odata.context": self.context, "value": std::mem::take(&mut self.items) });
        if followed {
            page["@odata.nextLink"] = format!("{}?$skiptoken={}", self.next, self.page).into();
        }
        let path = if self.page == 1 {
            format!("{}.json", self.name)
        } else {
            format!("{}-{}.json", self.name, self.page)
        };
        (self.out)(&path, page.to_string().as_bytes());
        self.page += 1;
    }
}
