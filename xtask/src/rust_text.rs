//! Just enough of Rust's lexical structure to read paths, attributes and function names out of a file.
//!
//! Comments and the insides of literals never count, so a rule can be quoted in either.

/// One token and the line it stands on, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) text: &'a str,
    pub(crate) line: usize,
}

/// The tokens of `source`: identifiers and numbers whole, `::` as one, any other sign by itself.
pub(crate) fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let (mut at, mut line) = (0, 1);
    while let Some(first) = source[at..].chars().next() {
        let length = match first {
            _ if first.is_whitespace() => first.len_utf8(),
            '/' if source[at..].starts_with("//") => up_to(&source[at..], "\n"),
            '/' if source[at..].starts_with("/*") => block_comment(&source[at..]),
            '"' => string(&source[at..]),
            '\'' => quoted(&source[at..]),
            _ => {
                let word = word(&source[at..]);
                if let Some(raw) = raw_string(&source[at..], word) {
                    raw
                } else {
                    let length = if word > 0 {
                        word
                    } else if source[at..].starts_with("::") {
                        2
                    } else {
                        first.len_utf8()
                    };
                    found.push(Token { text: &source[at..at + length], line });
                    length
                }
            }
        };
        line += source[at..at + length].matches('\n').count();
        at += length;
    }
    found
}

fn word(text: &str) -> usize {
    text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len())
}

fn up_to(text: &str, end: &str) -> usize {
    text.find(end).unwrap_or(text.len())
}

fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < text.len() {
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

fn string(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// `r"…"`, `br#"…"#` and their kin, whose prefix is the word of length `word`.
fn raw_string(text: &str, word: usize) -> Option<usize> {
    if !matches!(&text[..word], "r" | "br" | "cr") {
        return None;
    }
    let hashes = text[word..].bytes().take_while(|b| *b == b'#').count();
    let body = text[word + hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    Some(word + hashes + 1 + body.find(&end).map_or(body.len(), |at| at + end.len()))
}

/// A character literal, or only the quote of a lifetime.
fn quoted(text: &str) -> usize {
    let mut rest = text.char_indices().skip(1);
    match rest.next() {
        Some((_, '\\')) => {
            // The escaped character may be a quote itself.
            rest.next();
            rest.find(|(_, c)| *c == '\'').map_or(text.len(), |(at, _)| at + 1)
        }
        Some(_) => match rest.next() {
            Some((at, '\'')) => at + 1,
            _ => 1,
        },
        None => 1,
    }
}

/// A function's name, and whether an attribute on it makes it a test.
pub(crate) fn functions(source: &str) -> Vec<(&str, bool)> {
    let tokens = tokens(source);
    let mut found = Vec::new();
    let mut is_test = false;
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        match token.text {
            "#" if text(&tokens, at + 1) == "[" => {
                let end = closing(&tokens, at + 1);
                let attribute = &tokens[at + 2..end.max(at + 2)];
                // `#[cfg(test)]` on a helper does not make it one.
                is_test |= attribute.first().is_some_and(|t| t.text != "cfg")
                    && attribute.iter().any(|t| t.text == "test");
                at = end;
            }
            "fn" => {
                found.push((text(&tokens, at + 1), is_test));
                is_test = false;
            }
            "{" | "}" | ";" => is_test = false,
            _ => {}
        }
        at += 1;
    }
    found
}

/// The text of token `at`, or nothing past the end.
pub(crate) fn text<'a>(tokens: &[Token<'a>], at: usize) -> &'a str {
    tokens.get(at).map_or("", |token| token.text)
}

/// Where the bracket opened at `open` closes.
fn closing(tokens: &[Token<'_>], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.text {
            "[" => depth += 1,
            "]" if depth == 1 => return at,
            "]" => depth -= 1,
            _ => {}
        }
    }
    tokens.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<&str> {
        tokens(source).into_iter().map(|token| token.text).collect()
    }

    #[test]
    fn comments_and_literals_are_not_code() {
        assert_eq!(texts("a /* b /* c */ d */ e // f\ng"), ["a", "e", "g"]);
        assert_eq!(texts(r##"a("b \" c", r#"d " e"#, br"f", 'g', '\'', '"') h"##).join(""), "a(,,,,,)h");
        assert_eq!(texts("fn a<'b>(c: &'b str) {}").join(" "), "fn a < b > ( c : & b str ) { }");
        assert_eq!(texts("é::ü"), ["é", "::", "ü"]);
        assert_eq!(texts("r#type"), ["r", "#", "type"]);
    }

    #[test]
    fn lines_are_counted_through_comments_and_strings() {
        let line = |source| tokens(source).last().map(|token| token.line);
        assert_eq!(line("/* \n */ \"\n\" // x\n a"), Some(4));
    }

    #[test]
    fn what_is_cut_off_does_not_hang_or_panic() {
        for source in ["/*", "\"", "r#\"", "'", "'\\", "#[", "fn", "'é"] {
            tokens(source);
            functions(source);
        }
    }

    #[test]
    fn only_a_test_attribute_makes_a_test() {
        let source = "#[test] fn a() {} #[cfg(test)] fn b() {} #[tokio::test(x = [1])] #[y] async fn c() {}";
        assert_eq!(functions(source), [("a", true), ("b", false), ("c", true)]);
    }
}
