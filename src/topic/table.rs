//! Table.
/// T
#[derive(Debug)]
pub struct TopicTable {}
