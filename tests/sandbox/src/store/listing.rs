//! What every list has in common: conditions, an order, a page, and a count over all pages.

use std::sync::{Mutex, PoisonError};

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

/// How many counts are remembered; the oldest make room.
const COUNTS: usize = 32;

/// A count that was asked for, with the values of its query.
type Counted = (String, Vec<Value>, u64);

/// How much there is in lists that were asked for since the last change: whoever reads all pages of a
/// list asks for the same count with each.
#[derive(Debug, Default)]
pub(super) struct Counts(Mutex<(u64, Vec<Counted>)>);

impl Counts {
    /// What a query counts. The answer is that of before while the database has not changed.
    fn count(&self, db: &Connection, query: &str, values: &[Value]) -> Result<u64> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, counts) = &mut *kept;
        let changes = db.total_changes();
        if *at != changes {
            *at = changes;
            counts.clear();
        }
        let is_this =
            |(other, of, _): &&Counted| other.as_str() == query && of.as_slice() == values;
        if let Some((.., count)) = counts.iter().find(is_this) {
            return Ok(*count);
        }
        let count = db
            .prepare_cached(query)?
            .query_row(params_from_iter(values), |row| row.get(0))?;
        if counts.len() >= COUNTS {
            counts.remove(0);
        }
        counts.push((query.to_owned(), values.to_vec(), count));
        Ok(count)
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
        (db, counts): (&Connection, &Counts),
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
        let count = format!("SELECT count(*) FROM {found_in} WHERE {condition}");
        let total = counts.count(db, &count, &values)?;
        let direction = if page.order.contains(" DESC") {
            "DESC"
        } else {
            "ASC"
        };
        let order = format!("{}, {key} {direction}", page.order);
        let offset = u64::from(page.number.saturating_sub(1)) * u64::from(page.size);
        let size = u64::from(page.size).min(total.saturating_sub(offset));
        // Rows are passed over from the end that is nearer.
        let behind = total.saturating_sub(offset + size);
        let (way, passed) = if behind < offset {
            (reversed(&order), behind)
        } else {
            (order, offset)
        };
        let integer = |number| Value::Integer(i64::try_from(number).unwrap_or(i64::MAX));
        let values = values.into_iter().chain([size, passed].map(integer));
        let found = db
            .prepare_cached(&format!(
                "SELECT shown.* FROM (SELECT {key} AS place FROM {found_in} WHERE {condition}
                     ORDER BY {way} LIMIT ? OFFSET ?)
                 CROSS JOIN {rows} AS shown ON shown.{key} = place
                 ORDER BY {}, shown.{key} {direction}",
                page.order
            ))?
            .query_map(params_from_iter(values), read)?
            .collect::<rusqlite::Result<_>>()?;
        Ok((found, total))
    }
}

/// The opposite of an order.
fn reversed(order: &str) -> String {
    let words = order.split(' ').map(|word| match word {
        "ASC" => "DESC",
        "ASC," => "DESC,",
        "DESC" => "ASC",
        "DESC," => "ASC,",
        "FIRST," => "LAST,",
        "LAST," => "FIRST,",
        same => same,
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::Store;

    /// How the database would find something, one step a line.
    fn plan(store: &Store, query: &str) -> String {
        store
            .transaction(|db| {
                let mut plan = db.prepare(&format!("EXPLAIN QUERY PLAN {query}"))?;
                let steps = plan.query_map(["x"], |row| row.get::<_, String>("detail"))?;
                Ok(steps.collect::<rusqlite::Result<Vec<_>>>()?.join("\n"))
            })
            .unwrap()
    }

    // Issue 12, 7: with 100,000 rows, sorting them all for each page takes longer than all the rest.
    #[test]
    fn no_page_of_users_or_keys_needs_a_sort() {
        let store = Store::open(None).unwrap();
        for (key, table, condition, found) in [
            ("number", "users", "", "COVERING INDEX users_by_time "),
            ("rowid", "api_keys", "", "COVERING INDEX keys_by_time "),
            (
                "rowid",
                "api_keys",
                " AND user_id IS NOT NULL",
                "INDEX keys_of_users_by_time ",
            ),
        ] {
            let of = format!("FROM {table} WHERE organization_id = ?1{condition}");
            let expected = format!("SEARCH {table} USING {found}");
            let count = plan(&store, &format!("SELECT count(*) {of}"));
            assert!(count.starts_with("SEARCH"), "{count}");
            for direction in ["ASC", "DESC"] {
                let query = format!(
                    "SELECT {key} {of} ORDER BY created_at {direction}, {key} {direction} LIMIT 9"
                );
                let steps = plan(&store, &query);
                // One step: what has to be sorted has another one.
                assert!(
                    steps.starts_with(&expected) && !steps.contains('\n'),
                    "{steps}"
                );
            }
        }
    }
}
