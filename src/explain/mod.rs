//! What an administrator asks beside the flows.
