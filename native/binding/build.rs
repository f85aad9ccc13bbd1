//! Sets what linkers of the platforms need for a Node-API module.

fn main() {
    napi_build::setup();
}
