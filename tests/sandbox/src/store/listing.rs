//! What every list has in common: conditions, an order, a page, and a count over all pages.

use rusqlite::{Connection, Row, params_from_iter, types::Value};

use super::Result;

/// Which part of a list is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page {
    /// Columns with `ASC` or `DESC`; only from a fixed list.
    pub(crate) order: &'static str,
    /// From 1.
    pub(crate) number: u32,
    pub(crate) size: u32,
}

/// What a list is taken from.
#[derive(Debug)]
pub(super) struct Source<'a> {
    /// What has the columns of the conditions and of the order: a table, or a query in parentheses.
    pub(super) found_in: &'a str,
    /// What has all columns.
    pub(super) rows: &'a str,
    /// The column that both have, and that no two rows have in common.
    pub(super) key: &'a str,
}

impl<'a> Source<'a> {
    /// A source that is all in one place.
    pub(super) fn one(from: &'a str, key: &'a str) -> Self {
        Self {
            found_in: from,
            rows: from,
            key,
        }
    }
}

/// The conditions of a list, each with its values.
#[derive(Debug, Default)]
pub(super) struct Conditions {
    clauses: Vec<String>,
    values: Vec<Value>,
}

impl Conditions {
    /// Adds a condition without a value.
    pub(super) fn plain(&mut self, clause: &str) {
        self.clauses.push(clause.to_owned());
    }

    /// Adds a condition with one value, `?` in the clause.
    pub(super) fn with(&mut self, clause: &str, value: impl Into<Value>) {
        self.plain(clause);
        self.values.push(value.into());
    }

    /// Adds a value for one more `?` of the last clause.
    pub(super) fn value(&mut self, value: impl Into<Value>) {
        self.values.push(value.into());
    }

    /// Adds that a column is one of these; no values, no condition.
    pub(super) fn among(&mut self, column: &str, values: &[String]) {
        if values.is_empty() {
            return;
        }
        let marks = vec!["?"; values.len()].join(",");
        self.plain(&format!("{column} IN ({marks})"));
        self.values.extend(values.iter().cloned().map(Value::Text));
    }

    /// All of them as one, and the values of its `?`.
    pub(super) fn parts(self) -> (String, Vec<Value>) {
        let condition = match self.clauses.join(" AND ") {
            none if none.is_empty() => "TRUE".to_owned(),
            some => some,
        };
        (condition, self.values)
    }

    /// A page, and how much there is on all pages. The rows of the page are found first, if an index
    /// has all that is needed without a look at the table, and then read.
    ///
    /// What is equal in the page's order is ordered by the key, so that an order is the same every
    /// time, and the opposite order is exactly the reverse.
    pub(super) fn list<T>(
        self,
        db: &Connection,
        source: &Source<'_>,
        page: Page,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<(Vec<T>, u64)> {
        let Source {
            found_in,
            rows,
            key,
        } = source;
        let (condition, values) = self.parts();
        let total = db
            .prepare_cached(&format!(
                "SELECT count(*) FROM {found_in} WHERE {condition}"
            ))?
            .query_row(params_from_iter(&values), |row| row.get(0))?;
        let direction = if page.order.contains(" DESC") {
            "DESC"
        } else {
            "ASC"
        };
        let (order, size) = (page.order, page.size);
        let offset = u64::from(page.number.saturating_sub(1)) * u64::from(size);
        let found = db
            .prepare_cached(&format!(
                "SELECT shown.* FROM (SELECT {key} AS place FROM {found_in} WHERE {condition}
                     ORDER BY {order}, {key} {direction} LIMIT {size} OFFSET ?)
                 CROSS JOIN {rows} AS shown ON shown.{key} = place
                 ORDER BY {order}, shown.{key} {direction}"
            ))?
            .query_map(
                params_from_iter(
                    values
                        .into_iter()
                        .chain([Value::from(i64::try_from(offset).unwrap_or(i64::MAX))]),
                ),
                read,
            )?
            .collect::<rusqlite::Result<_>>()?;
        Ok((found, total))
    }
}
