//! `hintwire topics`.

use hintwire::v1::ListTopicsRequest;
use hintwire::v1::list_topics_response::TopicInfo;
use serde_json::json;

use super::connect;
use crate::failure::Failure;
use crate::print::Output;
use crate::typed::Topics;

pub async fn run(typed: Topics) -> Result<(), Failure> {
    let client = connect(&typed.from.at).await?;
    let mut output = Output::new(typed.from.json);
    let mut request =
        ListTopicsRequest { topics: typed.topics, page_size: 1000, ..Default::default() };
    loop {
        let page = client.list_topics(request.clone()).await?;
        page.topics.iter().try_for_each(|topic| print(&mut output, topic))?;
        output.flush()?;
        if page.next_page_token.is_empty() {
            return Ok(());
        }
        request.page_token = page.next_page_token;
    }
}

fn print(output: &mut Output, info: &TopicInfo) -> std::io::Result<()> {
    let TopicInfo { topic, first, newest, count } = info;
    let object = json!({"topic": topic, "count": count, "first": first, "newest": newest});
    output.line(&object, || format!("{count:>10} {newest} {topic}"))
}
