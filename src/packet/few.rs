//! Short slices of which there is one for each of a million rules.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::ops::Deref;

/// Elements that nobody adds to; a single one, which is what most rules have, takes no memory of its own.
#[derive(Debug, Clone)]
pub(super) enum Few<T> {
    One([T; 1]),
    /// Never of one element.
    Others(Box<[T]>),
}

impl<T> Deref for Few<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match self {
            Self::One(one) => one,
            Self::Others(others) => others,
        }
    }
}

impl<T> From<Vec<T>> for Few<T> {
    fn from(elements: Vec<T>) -> Self {
        <[T; 1]>::try_from(elements).map_or_else(|others| Self::Others(others.into()), Self::One)
    }
}

impl<T> From<T> for Few<T> {
    fn from(element: T) -> Self {
        Self::One([element])
    }
}

impl<T> Default for Few<T> {
    fn default() -> Self {
        Self::Others(Box::default())
    }
}

impl<T: PartialEq> PartialEq for Few<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: Eq> Eq for Few<T> {}

impl<T: Ord> PartialOrd for Few<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T: Ord> Ord for Few<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        (**self).cmp(&**other)
    }
}

impl<T: Hash> Hash for Few<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}
