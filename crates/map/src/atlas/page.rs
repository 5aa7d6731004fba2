//! The map as a person sees it: what was asked for, the rows that answer, and the page.

use super::{Atlas, Cell, Change, Date, Fact, Level, Platform, Section, SectionInfo, Subject};
use askama::Template;
use askama::filters::HtmlSafe;

/// The style of the map, beside the style every page has.
pub const STYLE: &str = include_str!("../../assets/map.css");
/// The script of the map: the slider, and the filters of the exported file. The page reads well without it.
pub const SCRIPT: &str = include_str!("../../assets/map.js");

/// What is asked of the map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// The day it is asked for.
    pub at: Date,
    /// Changes after this day are marked.
    pub since: Option<Date>,
    /// Columns wanted; all of them where empty.
    pub platforms: Vec<Platform>,
    /// Floors wanted; all of them where empty.
    pub sections: Vec<Section>,
    /// The one subject wanted.
    pub subject: Option<String>,
    /// Words that a row has to contain.
    pub text: String,
    /// Rows alone that changed after `since`.
    pub only_changed: bool,
    /// Rows alone where some platform says no.
    pub only_missing: bool,
}

impl Query {
    /// Everything, on one day.
    #[must_use]
    pub const fn on(at: Date) -> Self {
        Self {
            at,
            since: None,
            platforms: Vec::new(),
            sections: Vec::new(),
            subject: None,
            text: String::new(),
            only_changed: false,
            only_missing: false,
        }
    }

    /// The columns it asks for, in order. "All platforms" is no column: its facts span those of the platforms.
    #[must_use]
    pub fn columns(&self) -> Vec<Platform> {
        let wanted = |platform: &Platform| {
            self.platforms.is_empty()
                || self.platforms.contains(platform)
                || self.platforms == [Platform::Any]
        };
        Platform::COLUMNS.into_iter().filter(wanted).collect()
    }

    /// Whether it asks for the floor.
    #[must_use]
    pub fn wants(&self, section: Section) -> bool {
        self.sections.is_empty() || self.sections.contains(&section)
    }
}

/// One place of a row: a platform, or all of those that one fact is about.
#[derive(Clone, Debug)]
pub struct Place<'a> {
    /// The platform; [`Platform::Any`] where it spans the columns of all platforms.
    pub platform: Platform,
    /// How many columns it spans.
    pub span: usize,
    /// What is said there.
    pub cell: Cell<'a>,
    /// What changed since the day chosen.
    pub change: Option<Change<'a>>,
}

/// A row: one subject on all platforms asked for.
#[derive(Clone, Debug)]
pub struct Row<'a> {
    /// The subject.
    pub subject: &'static Subject,
    /// Its places, from left to right.
    pub places: Vec<Place<'a>>,
}

/// Rows that belong together.
#[derive(Clone, Debug)]
pub struct Block<'a> {
    /// The title of the group.
    pub title: &'static str,
    /// Rows of the table itself.
    pub main: Vec<Row<'a>>,
    /// Rows one click away.
    pub more: Vec<Row<'a>>,
}

impl<'a> Block<'a> {
    fn pick(&self, more: &bool) -> &[Row<'a>] {
        if *more { &self.more } else { &self.main }
    }
}

/// One floor.
#[derive(Clone, Debug)]
pub struct Storey<'a> {
    /// Its title and question.
    pub info: &'static SectionInfo,
    /// Its groups, those with rows alone.
    pub blocks: Vec<Block<'a>>,
}

impl Storey<'_> {
    /// How many rows are one click away.
    #[must_use]
    pub fn hidden(&self) -> usize {
        self.blocks.iter().map(|block| block.more.len()).sum()
    }

    /// Whether any row stands in the table itself.
    #[must_use]
    pub fn has_main(&self) -> bool {
        self.blocks.iter().any(|block| !block.main.is_empty())
    }
}

/// The answer to a query.
#[derive(Clone, Debug)]
pub struct View<'a> {
    atlas: &'a Atlas,
    /// What was asked.
    pub query: Query,
    /// Its columns.
    pub columns: Vec<Platform>,
    /// Its floors, those with rows alone.
    pub storeys: Vec<Storey<'a>>,
}

impl Atlas {
    /// The rows that answer `query`.
    #[must_use]
    pub fn view(&self, query: Query) -> View<'_> {
        let columns = query.columns();
        let mut storeys = Vec::new();
        for info in Self::sections().iter().filter(|info| query.wants(info.section)) {
            let mut blocks = Vec::new();
            for (at, group) in info.groups.iter().enumerate() {
                let of_group = |subject: &&Subject| subject.section == info.section && subject.group == at;
                let rows = Self::subjects().iter().filter(of_group);
                let rows =
                    rows.map(|subject| self.row(subject, &query, &columns)).filter(|row| keeps(row, &query));
                let (main, more): (Vec<_>, Vec<_>) = rows.partition(|row| row.subject.main);
                if !main.is_empty() || !more.is_empty() {
                    blocks.push(Block { title: group.title, main, more });
                }
            }
            if !blocks.is_empty() {
                storeys.push(Storey { info, blocks });
            }
        }
        View { atlas: self, query, columns, storeys }
    }

    fn row(&self, subject: &'static Subject, query: &Query, columns: &[Platform]) -> Row<'_> {
        let place = |platform: Platform, span: usize| {
            let cell = self.cell(platform, subject.key, query.at);
            let change = query.since.and_then(|since| self.change(platform, subject.key, (since, query.at)));
            Place { platform, span, cell, change }
        };
        let own = columns.iter().filter(|platform| **platform != Platform::Passband).count();
        let everywhere = place(Platform::Any, own);
        let mut places = Vec::new();
        // A fact about all platforms is told once, across their columns.
        if own > 0 && everywhere.has_states() {
            places.push(everywhere);
            places.extend(columns.contains(&Platform::Passband).then(|| place(Platform::Passband, 1)));
        } else {
            places.extend(columns.iter().map(|platform| place(*platform, 1)));
        }
        Row { subject, places }
    }
}

fn keeps(row: &Row<'_>, query: &Query) -> bool {
    let contains = |text: &str| text.to_lowercase().contains(&query.text.trim().to_lowercase());
    let said = |place: &Place<'_>| {
        place
            .cell
            .fact
            .is_some_and(|fact| contains(fact.statement) || contains(fact.word()) || contains(fact.value))
    };
    let standing_no =
        |place: &Place<'_>| place.cell.fact.is_some_and(|fact| fact.standing() == super::Standing::No);
    row.places.iter().any(Place::has_states)
        && query.subject.as_ref().is_none_or(|subject| subject == row.subject.key)
        && (query.text.trim().is_empty()
            || [row.subject.title, row.subject.key, row.subject.question].into_iter().any(contains)
            || row.places.iter().any(said))
        && (!query.only_missing || row.places.iter().any(standing_no))
        && (!query.only_changed || row.places.iter().any(|place| place.change.is_some()))
}

impl<'a> Place<'a> {
    /// Whether any source ever said anything here.
    #[must_use]
    pub fn has_states(&self) -> bool {
        let cell = &self.cell;
        cell.fact.is_some() || !cell.earlier.is_empty() || !cell.later.is_empty()
    }

    /// Every state with whether it counts on the day asked for: the one that counts, what contradicts it, then the
    /// others, from the latest to the earliest.
    #[must_use]
    pub fn states(&self) -> Vec<(&'a Fact, bool)> {
        let cell = &self.cell;
        let now = cell.fact.into_iter().chain(cell.rivals.iter().copied()).map(|fact| (fact, true));
        let later = cell.later.iter().rev().map(|fact| (*fact, false));
        now.chain(later).chain(cell.earlier.iter().map(|fact| (*fact, false))).collect()
    }

    /// The other states of the same subject, for the history of `fact`.
    #[must_use]
    pub fn others(&self, fact: &Fact) -> Vec<&'a Fact> {
        let mut others: Vec<_> = self.states().into_iter().map(|(other, _)| other).collect();
        others.retain(|other| other.id != fact.id);
        others
    }

    /// The title of the column, for readers without a table around it.
    #[must_use]
    pub fn label(&self) -> &'static str {
        self.platform.title()
    }
}

/// What a chain of one platform is worth, floor by floor.
#[derive(Clone, Debug)]
pub struct Chain {
    /// The platform.
    pub platform: Platform,
    /// Title and level of each floor.
    pub floors: Vec<(&'static str, Level)>,
}

impl Chain {
    /// The band as a sentence.
    #[must_use]
    pub fn words(&self) -> String {
        let floors: Vec<_> = self
            .floors
            .iter()
            .map(|(title, level)| format!("{} {}", title.to_lowercase(), level.word()))
            .collect();
        format!("Band: {}", floors.join(", "))
    }
}

impl<'a> View<'a> {
    /// The word for a value, "generally available" after a preview.
    #[must_use]
    pub fn word(&self, fact: &Fact) -> &'static str {
        self.atlas.word(fact)
    }

    /// The change as the end of "changed": from what, when.
    #[must_use]
    pub fn was(&self, change: &Change<'_>) -> String {
        let before = change.before.map_or("nothing stated", |fact| self.atlas.word(fact));
        format!("was {before} until {}", change.when)
    }

    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.all_rows().count()
    }

    /// How many cells changed since the day chosen.
    #[must_use]
    pub fn changed(&self) -> usize {
        let places = self.all_rows().flat_map(|row| &row.places);
        places.filter(|place| place.change.is_some()).count()
    }

    /// Every row, in order.
    pub fn all_rows(&self) -> impl Iterator<Item = &Row<'a>> {
        let blocks = self.storeys.iter().flat_map(|storey| &storey.blocks);
        blocks.flat_map(|block| block.main.iter().chain(&block.more))
    }

    /// Each day on which something changed, in order, and the day asked for among them.
    #[must_use]
    pub fn days(&self) -> Vec<Date> {
        let mut days = self.atlas.dates();
        days.push(self.query.at.first_day());
        days.sort_by_key(|day| day.unix_days());
        days.dedup();
        days
    }

    /// The band of each column: on each floor the best of the subjects that stand for it.
    #[must_use]
    pub fn chains(&self) -> Vec<Chain> {
        let level = |platform: Platform, info: &SectionInfo| {
            let leads =
                info.band.iter().filter_map(|lead| self.atlas.standing(platform, lead, self.query.at));
            leads.map(Fact::level).max().unwrap_or_default()
        };
        let chain = |platform: &Platform| Chain {
            platform: *platform,
            floors: Atlas::sections().iter().map(|info| (info.title, level(*platform, info))).collect(),
        };
        self.columns.iter().map(chain).collect()
    }
}

/// The body of the page: form, legend, tables. Everything in it is escaped.
#[derive(Clone, Debug, Template)]
#[template(path = "map.html")]
pub struct Body<'a> {
    view: &'a View<'a>,
    /// Where the form leads; none in the exported file, whose filters are the script's.
    action: Option<&'static str>,
}

impl HtmlSafe for Body<'_> {}

impl<'a> Body<'a> {
    /// The body of a page that a server answers at `action`.
    #[must_use]
    pub const fn served(view: &'a View<'a>, action: &'static str) -> Self {
        Self { view, action: Some(action) }
    }

    fn checked(&self, platform: Platform) -> bool {
        self.view.query.platforms.contains(&platform)
    }

    fn picked(&self, info: &SectionInfo) -> bool {
        self.view.query.sections.contains(&info.section)
    }

    fn since(&self) -> String {
        self.view.query.since.map(|date| date.first_day().to_string()).unwrap_or_default()
    }

    fn days(&self) -> String {
        let days: Vec<_> = self.view.days().iter().map(Date::to_string).collect();
        days.join(" ")
    }
}

#[derive(Template)]
#[template(path = "map_alone.html")]
struct Alone<'a> {
    body: Body<'a>,
    at: Date,
    style: &'a str,
}

/// The map as one file that needs nothing else: `base` is the style every page of Passband has.
///
/// It shows the day of `view`; a script in it slides through the days on which something changed.
///
/// # Errors
///
/// Where the template does not render, which no content of the map makes happen.
pub fn standalone(view: &View<'_>, base: &str) -> Result<String, askama::Error> {
    Alone { body: Body { view, action: None }, at: view.query.at, style: base }.render()
}
