//! A plan as people read it: one report of sections, written for a terminal, as Markdown, or as a page that needs nothing
//! else; and a table of everybody as CSV. The whole of a plan is its JSON.
//!
//! | module | holds |
//! |---|---|
//! | here | what a report is made of |
//! | [`build`] | the report of a plan |
//! | [`people`] | everybody, a line each |
//! | [`words`] | steps, stages and counts in words |
//! | [`write`](mod@write) | terminal and Markdown |
//! | [`page`] | the page |

pub mod build;
pub mod page;
pub mod people;
pub mod words;
pub mod write;

/// What a part of a bar says, in words and by its pattern, never by colour alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// As it should be.
    Good,
    /// Nobody can tell, or not yet.
    Open,
    /// Not as it should be.
    Bad,
    /// It does not matter here.
    Quiet,
}

impl Tone {
    /// A name, for a style.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Open => "open",
            Self::Bad => "bad",
            Self::Quiet => "quiet",
        }
    }

    /// A sign, for where there is no colour.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Good => "█",
            Self::Open => "▒",
            Self::Bad => "░",
            Self::Quiet => "·",
        }
    }
}

/// A part of a bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// How much: people, mostly.
    pub count: usize,
    /// What it is: `can`, `unknown`.
    pub label: String,
    /// How it is shown.
    pub tone: Tone,
}

/// A row of a chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// What it is about.
    pub name: String,
    /// Its parts; together its length.
    pub parts: Vec<Part>,
}

impl Bar {
    /// All parts together.
    #[must_use]
    pub fn total(&self) -> usize {
        self.parts.iter().map(|part| part.count).sum()
    }
}

/// A row of a table, and the four segments of somebody's band if it is about somebody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// The band: one word a floor (`unknown`, `claimed`, `proved`, `hardware`).
    pub band: Option<[&'static str; 4]>,
    /// The cells.
    pub cells: Vec<String>,
}

/// A part of a section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// A paragraph.
    Text(String),
    /// A chart: what its lengths count, its rows.
    Bars(String, Vec<Bar>),
    /// A table.
    Table {
        /// What it lists, as a heading of its own; long ones are folded on the page.
        title: String,
        /// The titles of its columns.
        columns: Vec<&'static str>,
        /// Its rows.
        rows: Vec<Row>,
        /// How many rows more there are, which are in the JSON and in the CSV.
        more: usize,
    },
}

/// A section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// A name for links.
    pub id: &'static str,
    /// Its title.
    pub title: String,
    /// What it holds.
    pub blocks: Vec<Block>,
}

/// A number that the report begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// The number, with what it is of: `812 of 1 000`.
    pub number: String,
    /// What it counts.
    pub words: String,
    /// How it is shown.
    pub tone: Tone,
}

/// A report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Its title.
    pub title: String,
    /// What it is about, in a sentence or two.
    pub lead: String,
    /// The numbers it begins with.
    pub figures: Vec<Figure>,
    /// Its sections.
    pub sections: Vec<Section>,
}

/// Most rows of one table of a report, unless somebody asks for more.
pub const ROWS: usize = 100;
