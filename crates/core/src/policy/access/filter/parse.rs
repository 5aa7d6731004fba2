//! Reading a rule: words first, then what they say, with the place of whatever is wrong.

use super::property::{EXPECTED, Property};
use super::{Compare, MAX_DEPTH, MAX_RULE, Node, Test};

/// Why a text is no rule, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at character {at}: expected {expected}, found {found}")]
pub struct FilterError {
    /// The place, counted in characters from 1.
    pub at: usize,
    /// What would have been right there.
    pub expected: String,
    /// What stands there.
    pub found: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Word {
    Open,
    Close,
    OpenList,
    CloseList,
    Comma,
    /// A bare word: an operator, a property, `True`.
    Bare(String),
    /// A string between quotes, as written.
    Quoted(String),
    /// The end of the rule.
    End,
}

impl Word {
    fn shown(&self) -> String {
        match self {
            Self::Open => "\"(\"".to_owned(),
            Self::Close => "\")\"".to_owned(),
            Self::OpenList => "\"[\"".to_owned(),
            Self::CloseList => "\"]\"".to_owned(),
            Self::Comma => "\",\"".to_owned(),
            Self::Bare(text) => format!("{:?}", cut(text)),
            Self::Quoted(text) => format!("the string {:?}", cut(text)),
            Self::End => "the end of the rule".to_owned(),
        }
    }
}

/// What a message shows of a text.
fn cut(text: &str) -> String {
    text.chars().take(40).collect()
}

pub(super) fn rule(text: &str) -> Result<Node, FilterError> {
    let length = text.chars().count();
    if length > MAX_RULE {
        let expected = format!("at most {MAX_RULE} characters");
        return Err(FilterError { at: MAX_RULE + 1, expected, found: format!("{length}") });
    }
    let mut reader = Reader { words: words(text)?, at: 0, depth: 0 };
    let root = reader.or()?;
    match reader.word() {
        Word::End => Ok(root),
        _ => Err(reader.error("-and, -or or the end of the rule")),
    }
}

fn words(text: &str) -> Result<Vec<(usize, Word)>, FilterError> {
    let mut words = Vec::new();
    let mut chars = text.chars().enumerate().peekable();
    let mut end = 1;
    while let Some((index, c)) = chars.next() {
        let at = index + 1;
        end = at + 1;
        let word = match c {
            c if c.is_whitespace() => continue,
            '(' => Word::Open,
            ')' => Word::Close,
            '[' => Word::OpenList,
            ']' => Word::CloseList,
            ',' => Word::Comma,
            '"' | '\'' => {
                let mut string = String::new();
                loop {
                    match chars.next() {
                        None => return Err(unclosed(at, c)),
                        Some((_, '`')) => match chars.next() {
                            Some((_, escaped @ ('"' | '\'' | '`'))) => string.push(escaped),
                            Some((index, other)) => return Err(escape(index + 1, other)),
                            None => return Err(unclosed(at, c)),
                        },
                        Some((_, closing)) if closing == c => break,
                        Some((_, inside)) => string.push(inside),
                    }
                }
                Word::Quoted(string)
            }
            c if is_bare(c) => {
                let mut bare = String::from(c);
                while let Some((_, next)) = chars.next_if(|(_, next)| is_bare(*next)) {
                    bare.push(next);
                }
                Word::Bare(bare)
            }
            other => return Err(odd(at, other)),
        };
        words.push((at, word));
    }
    words.push((end.max(text.chars().count() + 1), Word::End));
    Ok(words)
}

fn is_bare(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '$')
}

fn unclosed(at: usize, quote: char) -> FilterError {
    FilterError {
        at,
        expected: format!("a string that ends with {quote}"),
        found: "the end of the rule".to_owned(),
    }
}

fn escape(at: usize, found: char) -> FilterError {
    FilterError {
        at,
        expected: "a quote or a backtick after a backtick".to_owned(),
        found: format!("{found:?}"),
    }
}

fn odd(at: usize, found: char) -> FilterError {
    let expected = match found {
        '\u{201c}' | '\u{201d}' | '\u{2018}' | '\u{2019}' => "a straight quote",
        _ => "device.<property>, an operator, a string, or a parenthesis",
    };
    FilterError { at, expected: expected.to_owned(), found: format!("{found:?}") }
}

struct Reader {
    words: Vec<(usize, Word)>,
    at: usize,
    depth: usize,
}

impl Reader {
    fn word(&self) -> &Word {
        // The end is never passed.
        self.words.get(self.at).map_or(&Word::End, |(_, word)| word)
    }

    fn next(&mut self) {
        self.at = (self.at + 1).min(self.words.len().saturating_sub(1));
    }

    fn error(&self, expected: &str) -> FilterError {
        let at = self.words.get(self.at).map_or(1, |(at, _)| *at);
        FilterError { at, expected: expected.to_owned(), found: self.word().shown() }
    }

    /// Whether the next word is this operator, with or without its hyphen, in any case.
    fn is_operator(&self, name: &str) -> bool {
        let Word::Bare(bare) = self.word() else { return false };
        bare.strip_prefix('-').unwrap_or(bare).eq_ignore_ascii_case(name)
    }

    fn or(&mut self) -> Result<Node, FilterError> {
        let mut any = vec![self.and()?];
        while self.is_operator("or") {
            self.next();
            any.push(self.and()?);
        }
        Ok(single(any, Node::Or))
    }

    fn and(&mut self) -> Result<Node, FilterError> {
        let mut all = vec![self.not()?];
        while self.is_operator("and") {
            self.next();
            all.push(self.not()?);
        }
        Ok(single(all, Node::And))
    }

    fn not(&mut self) -> Result<Node, FilterError> {
        let (negated, open) = (self.is_operator("not"), *self.word() == Word::Open);
        if !negated && !open {
            return self.test().map(Node::Test);
        }
        if self.depth == MAX_DEPTH {
            return Err(
                self.error(&format!("at most {MAX_DEPTH} parentheses and negations inside one another"))
            );
        }
        self.depth += 1;
        self.next();
        let node = if negated {
            Node::Not(Box::new(self.not()?))
        } else {
            let inner = self.or()?;
            if *self.word() != Word::Close {
                return Err(self.error("-and, -or or \")\""));
            }
            self.next();
            inner
        };
        self.depth -= 1;
        Ok(node)
    }

    fn test(&mut self) -> Result<Test, FilterError> {
        let expected = format!("device.<property>: {EXPECTED}");
        let Word::Bare(bare) = self.word() else { return Err(self.error(&expected)) };
        let (prefix, name) = bare.split_once('.').unwrap_or(("", bare));
        let property = prefix.eq_ignore_ascii_case("device").then(|| Property::from_name(name)).flatten();
        let property = property.ok_or_else(|| self.error(&expected))?;
        self.next();
        let (compare, negative) = match self.operator() {
            Some((compare, negative)) if property.kind().takes(compare) => (compare, negative),
            _ => return Err(self.error(property.kind().operators())),
        };
        self.next();
        let values = match compare {
            Compare::In => self.list(property)?,
            // Whether a property is set at all; a list is never null.
            Compare::Equals if self.is_null() && property.kind() != super::property::Kind::List => {
                self.next();
                Vec::new()
            }
            _ => vec![self.value(property)?],
        };
        Ok(Test { property, compare, negative, values })
    }

    fn operator(&self) -> Option<(Compare, bool)> {
        let Word::Bare(bare) = self.word() else { return None };
        let name = bare.strip_prefix('-').unwrap_or(bare).to_ascii_lowercase();
        Some(match name.as_str() {
            "eq" => (Compare::Equals, false),
            "ne" => (Compare::Equals, true),
            "startswith" => (Compare::StartsWith, false),
            "notstartswith" => (Compare::StartsWith, true),
            "endswith" => (Compare::EndsWith, false),
            "notendswith" => (Compare::EndsWith, true),
            "contains" => (Compare::Contains, false),
            "notcontains" => (Compare::Contains, true),
            "in" => (Compare::In, false),
            "notin" => (Compare::In, true),
            _ => return None,
        })
    }

    fn is_null(&self) -> bool {
        matches!(self.word(), Word::Bare(bare) if bare.strip_prefix('$').unwrap_or(bare).eq_ignore_ascii_case("null"))
    }

    fn list(&mut self, property: Property) -> Result<Vec<String>, FilterError> {
        if *self.word() != Word::OpenList {
            return Err(self.error("a list: [\"one\", \"two\"]"));
        }
        self.next();
        let mut values = Vec::new();
        loop {
            values.push(self.value(property)?);
            match self.word() {
                Word::Comma => self.next(),
                Word::CloseList => {
                    self.next();
                    return Ok(values);
                }
                _ => return Err(self.error("\",\" or \"]\"")),
            }
        }
    }

    fn value(&mut self, property: Property) -> Result<String, FilterError> {
        let kind = property.kind();
        let value = match self.word() {
            Word::Quoted(text) => text.to_lowercase(),
            Word::Bare(bare) if kind == super::property::Kind::Bool => bare.to_lowercase(),
            _ if kind == super::property::Kind::Bool => return Err(self.error("True or False")),
            _ => return Err(self.error("a string in quotes")),
        };
        if let Some(expected) = kind.wants(&value) {
            return Err(self.error(&expected));
        }
        self.next();
        Ok(value)
    }
}

fn single(mut nodes: Vec<Node>, join: fn(Vec<Node>) -> Node) -> Node {
    match nodes.len() {
        1 => nodes.swap_remove(0),
        _ => join(nodes),
    }
}
