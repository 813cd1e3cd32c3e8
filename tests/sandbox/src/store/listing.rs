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

    /// The page of what `from` holds, and how much there is on all pages. What is equal in the
    /// page's order is ordered by `last`, so that an order is the same every time.
    pub(super) fn list<T>(
        self,
        db: &Connection,
        from: &str,
        last: &str,
        page: Page,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<(Vec<T>, u64)> {
        let (condition, values) = self.parts();
        let total = db
            .prepare_cached(&format!("SELECT count(*) FROM {from} WHERE {condition}"))?
            .query_row(params_from_iter(&values), |row| row.get(0))?;
        let offset = u64::from(page.number.saturating_sub(1)) * u64::from(page.size);
        let rows = db
            .prepare_cached(&format!(
                "SELECT * FROM {from} WHERE {condition} ORDER BY {}, {last} LIMIT {} OFFSET {offset}",
                page.order, page.size
            ))?
            .query_map(params_from_iter(&values), read)?
            .collect::<rusqlite::Result<_>>()?;
        Ok((rows, total))
    }
}
