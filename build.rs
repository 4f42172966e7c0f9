//! Compiles `proto/` with protox, so that no protoc is needed.
//!
//! Messages and client are generated as usual. The server is generated in a second pass, in which
//! pages of events and hints are types of ours that are copied from bytes that exist already.

use std::path::PathBuf;
use std::{env, error::Error, fs};

use prost::Message;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let descriptors = protox::compile(["hintwire/v1/hub.proto"], ["proto"])?;
    fs::write(out.join("descriptors.bin"), descriptors.encode_to_vec())?;

    tonic_prost_build::configure()
        .build_server(false)
        .bytes(".")
        .extern_path(".google.rpc.Status", "::tonic_types::Status")
        .compile_fds(descriptors.clone())?;

    let server = out.join("server");
    fs::create_dir_all(&server)?;
    tonic_prost_build::configure()
        .build_client(false)
        .codec_path("crate::service::codec::Codec")
        .extern_path(".hintwire.v1.FetchResponse", "crate::service::page::FetchPage")
        .extern_path(".hintwire.v1.FetchStreamResponse", "crate::service::fetch_stream::Answer")
        .extern_path(".hintwire.v1.SnapshotResponse", "crate::service::page::SnapshotPage")
        .extern_path(".hintwire.v1.SubscribeResponse", "crate::service::subscribe::Message")
        .extern_path(".hintwire.v1", "crate::v1")
        .extern_path(".google.rpc.Status", "::tonic_types::Status")
        .out_dir(server)
        .compile_fds(descriptors)?;
    Ok(())
}
