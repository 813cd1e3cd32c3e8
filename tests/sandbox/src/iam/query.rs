//! What IAM lists are asked with: filters, an order, a page. A senseless value is refused by name.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, Query},
    http::request::Parts,
};

use uuid::Uuid;

use super::answer::{IamError, Result};
use crate::{service::Service, store::Page};

/// Orders by the word for them.
pub(super) type Orders = &'static [(&'static str, &'static str)];

/// How many things a page holds where nothing is said, and at most (protocol.md A).
const PAGE_SIZE: (u32, u32) = (20, 100);

/// A query, with every name as often as it came. An empty value counts as none: SDKs write one for
/// what was not set.
pub(super) struct Asked(Vec<(String, String)>);

impl FromRequestParts<Arc<Service>> for Asked {
    type Rejection = IamError;

    async fn from_request_parts(parts: &mut Parts, service: &Arc<Service>) -> Result<Self> {
        let Query(mut pairs) = Query::<Vec<(String, String)>>::from_request_parts(parts, service)
            .await
            .map_err(|_| IamError::argument("query", "format", "cannot be read"))?;
        pairs.retain(|(_, value)| !value.is_empty());
        Ok(Self(pairs))
    }
}

impl Asked {
    /// A value; where it came several times, the last one.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let mut found = self.0.iter().rev().filter(|(given, _)| given == name);
        found.next().map(|(_, value)| value.as_str())
    }

    pub(super) fn owned(&self, name: &str) -> Option<String> {
        self.text(name).map(str::to_owned)
    }

    pub(super) fn required(&self, name: &'static str) -> Result<&str> {
        self.text(name)
            .ok_or_else(|| IamError::argument(name, "required", "is required"))
    }

    /// All values: the name may be repeated, and commas separate values too.
    pub(super) fn all(&self, name: &str) -> Vec<String> {
        let given = self.0.iter().filter(|(given, _)| given == name);
        let values = given.flat_map(|(_, value)| value.split(','));
        values.map(str::to_owned).collect()
    }

    /// The same of ids.
    pub(super) fn ids(&self, name: &'static str) -> Result<Vec<String>> {
        let ids = self.all(name).into_iter().map(|id| {
            Uuid::try_parse(&id)
                .map(|id| id.to_string())
                .map_err(|_| IamError::argument(name, "format", "holds what is no UUID"))
        });
        ids.collect()
    }

    /// A yes or no, in any letter case: the Python SDK writes `True`.
    pub(super) fn flag(&self, name: &'static str) -> Result<Option<bool>> {
        let help = "is true or false";
        self.text(name)
            .map(|value| value.to_ascii_lowercase().parse())
            .transpose()
            .map_err(|_| IamError::argument(name, "format", help))
    }

    /// One of some words; `unknown` is the word for "whichever".
    pub(super) fn word(
        &self,
        name: &'static str,
        unknown: &str,
        known: &[&str],
    ) -> Result<Option<&str>> {
        match self.text(name) {
            Some(value) if known.contains(&value) => Ok(Some(value)),
            None => Ok(None),
            Some(value) if value == unknown => Ok(None),
            Some(_) => Err(IamError::argument(name, "format", "is unknown")),
        }
    }

    /// The page; the first order is the usual one.
    pub(super) fn page(&self, orders: Orders) -> Result<Page> {
        let order = match self.text("order_by") {
            None => orders.first(),
            Some(wanted) => orders.iter().find(|(word, _)| *word == wanted),
        };
        let (_, order) =
            order.ok_or_else(|| IamError::argument("order_by", "format", "is unknown"))?;
        Ok(Page {
            order,
            number: self.number("page", 1, u32::MAX)?,
            size: self.page_size()?,
        })
    }

    /// How many things a page is to hold.
    pub(super) fn page_size(&self) -> Result<u32> {
        self.number("page_size", PAGE_SIZE.0, PAGE_SIZE.1)
    }

    fn number(&self, name: &'static str, usual: u32, most: u32) -> Result<u32> {
        match self.text(name) {
            None => Ok(usual),
            Some(value) => value
                .parse()
                .ok()
                .filter(|number| (1..=most).contains(number))
                .ok_or_else(|| IamError::argument(name, "constraint", "is out of range")),
        }
    }
}
