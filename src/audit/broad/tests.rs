//! Mutants of generated rule sets.
