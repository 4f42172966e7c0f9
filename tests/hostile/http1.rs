//! HTTP/1 in shapes that no honest client sends, and in those that few do.

use tokio::io::AsyncWriteExt;

use crate::Bystander;
use crate::support::Server;
use crate::text::Plain;

/// What must never be answered when it comes inside of something else.
const SMUGGLED: &str = "GET /v1/nowhere HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// Says all of it and hears all answers, up to the end of the connection.
async fn answers(server: &Server, said: &[u8]) -> Vec<(u16, String)> {
    let mut peer = Plain::dial(server.address).await;
    peer.say(said).await;
    let all = tokio::time::timeout(crate::PATIENCE, peer.read.all());
    let all = all.await.expect("the connection was not closed");
    all.into_iter().map(|answer| (answer.status, answer.body)).collect()
}

#[tokio::test]
async fn what_is_no_request_is_refused_and_what_comes_behind_it_is_not_read() {
    let mut bystander = Bystander::new().await;
    for request in [
        "HELLO\r\n\r\n",
        "GET / HTTP/3.0\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nhost: localhost\r\nx: a\r\n b\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nhost: localhost\r\nx: a\rb\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nhost: localhost\r\nx: a\0b\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nhost: localhost\r\nx : a\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nhost: localhost\r\n: a\r\n\r\n",
        "GET /health z HTTP/1.1\r\nhost: localhost\r\n\r\n",
        "POST /healthz HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
        "POST /healthz HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0, 5\r\n\r\n",
        "POST /healthz HTTP/1.1\r\nhost: localhost\r\ncontent-length: +5\r\n\r\n",
        "POST /healthz HTTP/1.1\r\nhost: localhost\r\ncontent-length: 18446744073709551616\r\n\r\n",
        "POST /healthz HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: gzip\r\n\r\n",
        "POST /healthz HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked, gzip\r\n\r\n",
        "POST /healthz HTTP/1.0\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n",
    ] {
        let said = [request, SMUGGLED].concat();
        let heard = answers(&bystander.server, said.as_bytes()).await;
        let statuses: Vec<u16> = heard.iter().map(|(status, _)| *status).collect();
        assert_eq!(statuses, [400], "{request:?}");
    }
    bystander.goes_on().await;
}

#[tokio::test]
async fn two_ways_to_say_where_a_request_ends_are_not_two_requests() {
    let bystander = Bystander::new().await;
    for framing in [
        "content-length: 5\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 500\r\n",
        "transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n",
    ] {
        let head = format!("POST /healthz HTTP/1.1\r\nhost: localhost\r\n{framing}\r\n0\r\n\r\n");
        let heard = answers(&bystander.server, (head + SMUGGLED).as_bytes()).await;
        assert_eq!(heard.len(), 1, "{framing}: {heard:?}");
    }
}

#[tokio::test]
async fn heads_over_their_bounds_are_refused() {
    let bystander = Bystander::new().await;
    let long = "x".repeat(hintwire::limits::HTTP1_BYTES);
    let many = "x: y\r\n".repeat(hintwire::limits::HEADERS);
    for (request, status) in [
        (format!("GET /{long} HTTP/1.1\r\nhost: localhost\r\n\r\n"), &[414, 431][..]),
        (format!("GET / HTTP/1.1\r\nhost: localhost\r\nx: {long}\r\n\r\n"), &[431]),
        (format!("GET / HTTP/1.1\r\nhost: localhost\r\n{many}\r\n"), &[431]),
    ] {
        let heard = answers(&bystander.server, request.as_bytes()).await;
        assert!(heard.len() == 1 && status.contains(&heard[0].0), "{heard:?}");
    }
    let fit = "x: y\r\n".repeat(hintwire::limits::HEADERS - 2);
    let request =
        format!("GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{fit}\r\n");
    assert_eq!(answers(&bystander.server, request.as_bytes()).await[0].0, 204);
}

#[tokio::test]
async fn rare_forms_of_requests_have_their_answers() {
    let server = Server::start().await;
    for (request, status, reason) in [
        ("GET /healthz HTTP/1.0\r\n\r\n", 204, ""),
        ("GET http://localhost/healthz HTTP/1.1\r\nhost: localhost\r\n\r\n", 204, ""),
        ("GET http://localhost/healthz HTTP/1.1\r\nhost: a.example\r\n\r\n", 400, "BAD_HOST"),
        ("GET http://a.example/healthz HTTP/1.1\r\nhost: a.example\r\n\r\n", 421, "FOREIGN_HOST"),
        ("GET /healthz HTTP/1.1\r\n\r\n", 400, "BAD_HOST"),
        ("GET /healthz HTTP/1.1\r\nhost:\r\n\r\n", 400, "BAD_HOST"),
        ("GET /healthz HTTP/1.1\r\nhost: localhost\r\nhost: localhost\r\n\r\n", 400, "BAD_HOST"),
        ("OPTIONS * HTTP/1.1\r\nhost: localhost\r\n\r\n", 404, "NOT_FOUND"),
        ("CONNECT localhost:80 HTTP/1.1\r\nhost: localhost:80\r\n\r\n", 404, "NOT_FOUND"),
        ("TRACE /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n", 405, "METHOD_NOT_ALLOWED"),
        ("GET //healthz HTTP/1.1\r\nhost: localhost\r\n\r\n", 404, "NOT_FOUND"),
        ("GET /%00/../healthz HTTP/1.1\r\nhost: localhost\r\n\r\n", 404, "NOT_FOUND"),
    ] {
        let mut peer = Plain::dial(server.address).await;
        let answer = peer.ask(request).await.unwrap();
        assert_eq!(answer.status, status, "{request:?}: {}", answer.body);
        assert!(answer.body.contains(reason), "{request:?}: {}", answer.body);
        assert!(answer.header("date").is_some());
    }
}

#[tokio::test]
async fn who_hangs_up_one_half_after_the_question_hears_the_answer() {
    let server = Server::start().await;
    let mut peer = Plain::dial(server.address).await;
    peer.say("GET /v1/topics?topic=** HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    peer.write.shutdown().await.unwrap();
    assert_eq!(peer.read.all().await.iter().map(|answer| answer.status).collect::<Vec<_>>(), [200]);
}

#[tokio::test]
async fn a_flood_of_requests_in_one_go_is_answered_in_order() {
    const REQUESTS: usize = 5_000;
    let mut bystander = Bystander::new().await;
    let Plain { mut read, mut write } = Plain::dial(bystander.server.address).await;
    let flood = async {
        for nth in 0..REQUESTS {
            let path = if nth % 2 == 0 { "/healthz" } else { "/nowhere" };
            let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
            write.write_all(request.as_bytes()).await.unwrap();
        }
    };
    let answers = async {
        for nth in 0..REQUESTS {
            let status = read.answer().await.unwrap().status;
            assert_eq!(status, if nth % 2 == 0 { 204 } else { 404 });
        }
    };
    tokio::join!(flood, answers, bystander.goes_on());
}
