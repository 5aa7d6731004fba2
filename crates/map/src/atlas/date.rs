//! Dates as sources give them: a day, a month, or no more than a year.

use std::fmt;
use std::str::FromStr;

/// A day, a month or a year of the Gregorian calendar.
///
/// A month or a year means its first day wherever two dates are compared: a state that began "2026-03" counts from
/// 2026-03-01 on, one that ended "2026-03" does not count on 2026-03-01 any more. It prints as precisely as it was
/// read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Date {
    year: u16,
    /// 0 where only the year is known.
    month: u8,
    /// 0 where only the month is known.
    day: u8,
}

/// A text that is no date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotADate(String);

impl fmt::Display for NotADate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: String = self.0.chars().take(40).collect();
        write!(f, "{shown:?} is no date: expected YYYY-MM-DD, YYYY-MM or YYYY, from 1970 to 9999")
    }
}

impl std::error::Error for NotADate {}

impl Date {
    /// A date from its parts; a zero stands for what is not known. For the generated tables, whose dates were read
    /// by [`FromStr`] before.
    pub(super) const fn known(year: u16, month: u8, day: u8) -> Self {
        Self { year, month, day }
    }

    /// Year, month and day as written; 0 for what is not known.
    #[must_use]
    pub const fn parts(self) -> (u16, u8, u8) {
        (self.year, self.month, self.day)
    }

    /// The day that is `days` after 1970-01-01, as a clock of the machine gives it (UTC).
    #[must_use]
    pub fn from_unix_days(days: i64) -> Self {
        // Days are counted from 0000-03-01, so that the leap day ends a year; 146 097 days are 400 years.
        let shifted = days.clamp(0, 2_932_896) + 719_468;
        let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * of_year + 2) / 153;
        let day = of_year - (153 * from_march + 2) / 5 + 1;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        let small = |n: i64| u8::try_from(n).unwrap_or(1);
        Self { year: u16::try_from(year).unwrap_or(1970), month: small(month), day: small(day) }
    }

    /// Days since 1970-01-01 of its first day.
    #[must_use]
    pub fn unix_days(self) -> i64 {
        let (year, month, day) = self.first();
        let year = i64::from(year) - i64::from(month <= 2);
        let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let month = i64::from(month);
        let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + i64::from(day) - 1;
        era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
    }

    /// Its first day, to the day.
    #[must_use]
    pub fn first_day(self) -> Self {
        let (year, month, day) = self.first();
        Self { year, month, day }
    }

    /// Whether the first day of `self` is that of `other` or an earlier one.
    #[must_use]
    pub fn not_after(self, other: Self) -> bool {
        self.first() <= other.first()
    }

    /// What dates are compared by.
    pub(super) fn first(self) -> (u16, u8, u8) {
        (self.year, self.month.max(1), self.day.max(1))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.month, self.day) {
            (0, _) => write!(f, "{:04}", self.year),
            (month, 0) => write!(f, "{:04}-{month:02}", self.year),
            (month, day) => write!(f, "{:04}-{month:02}-{day:02}", self.year),
        }
    }
}

impl FromStr for Date {
    type Err = NotADate;

    fn from_str(text: &str) -> Result<Self, NotADate> {
        parse(text).ok_or_else(|| NotADate(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<Date> {
    let number = |part: &str, length: usize| {
        let plain = part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| part.parse::<u16>().ok())?
    };
    let mut parts = text.splitn(3, '-');
    let year = number(parts.next()?, 4).filter(|year| *year >= 1970)?;
    let month = parts.next().map(|part| number(part, 2));
    let day = parts.next().map(|part| number(part, 2));
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let month = match month {
        None => return Some(Date { year, month: 0, day: 0 }),
        Some(month) => u8::try_from(month?).ok().filter(|month| (1..=12).contains(month))?,
    };
    let longest = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let day = match day {
        None => 0,
        Some(day) => u8::try_from(day?).ok().filter(|day| (1..=longest).contains(day))?,
    };
    Some(Date { year, month, day })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn dates_print_as_precisely_as_they_were_read() {
        for text in ["2026-08-20", "2026-08", "2023", "2024-02-29", "1970-01-01", "9999-12-31"] {
            assert_eq!(text.parse::<Date>().unwrap().to_string(), text);
        }
        let wrong = [
            "",
            "2026-8-20",
            "2026-13",
            "2026-00",
            "2025-02-29",
            "2026-04-31",
            "26",
            "1969",
            "2026-08-",
            "x",
        ];
        for text in wrong {
            assert!(text.parse::<Date>().is_err(), "{text}");
        }
        assert!("2026-08-20-1".parse::<Date>().is_err());
    }

    #[test]
    fn a_month_counts_from_its_first_day() {
        let date = |text: &str| text.parse::<Date>().unwrap();
        assert!(date("2026-03").not_after(date("2026-03-01")));
        assert!(!date("2026-03").not_after(date("2026-02-28")));
        assert!(date("2026").not_after(date("2026-01-01")));
        assert_eq!(date("2026-03").first_day(), date("2026-03-01"));
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        let date = |text: &str| text.parse::<Date>().unwrap();
        assert_eq!(date("1970-01-01").unix_days(), 0);
        assert_eq!(date("2000-03-01").unix_days(), 11_017);
        assert_eq!(date("2026-11-22").unix_days(), 20_779);
        assert_eq!(Date::from_unix_days(20_779), date("2026-11-22"));
    }

    proptest! {
        #[test]
        fn days_go_both_ways(days in 0_i64..2_900_000) {
            let date = Date::from_unix_days(days);
            prop_assert_eq!(date.unix_days(), days);
            prop_assert_eq!(date.to_string().parse::<Date>().unwrap(), date);
            let next = Date::from_unix_days(days + 1);
            prop_assert!(date.not_after(next) && !next.not_after(date));
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,14}") {
            if let Ok(date) = text.parse::<Date>() {
                prop_assert_eq!(date.to_string(), text);
            }
        }
    }
}
