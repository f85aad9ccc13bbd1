//! Waits on Node's own event loop for a descriptor, and calls a function of JavaScript when it is readable.

#![expect(unsafe_code, reason = "libuv and the raw calls of Node-API have no safe form")]

use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;
use std::rc::Rc;

use libloading::os::unix::Library;
use napi::bindgen_prelude::{Function, JsValue};
use napi::{Env, sys};

use crate::error::{Result, invalid_argument};

/// `UV_POLL` of uv.h's `uv_handle_type`, and `UV_READABLE` of its `uv_poll_event`: part of libuv 1's binary interface.
const UV_POLL: c_int = 8;
const UV_READABLE: c_int = 1;

type UvHandle = c_void;
type PollCallback = extern "C" fn(*mut UvHandle, c_int, c_int);
type CloseCallback = extern "C" fn(*mut UvHandle);

/// libuv as the running program has it. A runtime that is not Node.js may have none.
#[derive(Clone, Copy)]
struct Uv {
    handle_size: unsafe extern "C" fn(c_int) -> usize,
    handle_set_data: unsafe extern "C" fn(*mut UvHandle, *mut c_void),
    poll_init: unsafe extern "C" fn(*mut sys::uv_loop_s, *mut UvHandle, c_int) -> c_int,
    poll_start: unsafe extern "C" fn(*mut UvHandle, c_int, PollCallback) -> c_int,
    close: unsafe extern "C" fn(*mut UvHandle, CloseCallback),
}

impl Uv {
    fn of_this_program() -> std::result::Result<Self, libloading::Error> {
        let program = Library::this();
        // SAFETY: these are the functions' types in uv.h of every libuv 1.19 and later.
        unsafe {
            Ok(Self {
                handle_size: *program.get(b"uv_handle_size\0")?,
                handle_set_data: *program.get(b"uv_handle_set_data\0")?,
                poll_init: *program.get(b"uv_poll_init\0")?,
                poll_start: *program.get(b"uv_poll_start\0")?,
                close: *program.get(b"uv_close\0")?,
            })
        }
    }
}

/// What the handle and its owner share; freed when both are done with it.
struct Watched {
    uv: Uv,
    env: sys::napi_env,
    callback: sys::napi_ref,
    /// Memory of a `uv_poll_t`, which must not move.
    handle: Box<[u64]>,
    is_closing: Cell<bool>,
    /// Runs when the environment ends before `close`: its loop must be left without handles.
    cleanup_hook: Cell<sys::napi_async_cleanup_hook_handle>,
}

impl Watched {
    fn handle(&self) -> *mut UvHandle {
        self.handle.as_ptr().cast_mut().cast()
    }

    /// The descriptor is not looked at any more when this returns. False: it was closed already.
    fn close(&self) -> bool {
        if self.is_closing.replace(true) {
            return false;
        }
        // SAFETY: the handle is initialised and was not closed; `closed` gives back what it holds.
        unsafe { (self.uv.close)(self.handle(), closed) };
        true
    }
}

/// Ends when it is dropped.
pub struct LoopWatch {
    watched: Rc<Watched>,
}

impl LoopWatch {
    /// Calls `on_readable` in each iteration of the loop in which the descriptor is readable. The descriptor has to stay open until the
    /// watch has ended.
    pub fn start(env: Env, descriptor: BorrowedFd<'_>, on_readable: Function<'_, (), ()>) -> Result<Self> {
        let uv = Uv::of_this_program()
            .map_err(|error| invalid_argument(format!("this runtime gives no access to libuv: {error}")))?;
        let env = env.raw();
        let mut event_loop = ptr::null_mut();
        let mut callback = ptr::null_mut();
        // SAFETY: called on the thread of the environment, with places for the results.
        unsafe {
            check("napi_get_uv_event_loop", sys::napi_get_uv_event_loop(env, &raw mut event_loop))?;
            let function = on_readable.raw();
            check("napi_create_reference", sys::napi_create_reference(env, function, 1, &raw mut callback))?;
        }
        // SAFETY: it only answers a number.
        let handle_bytes = unsafe { (uv.handle_size)(UV_POLL) };
        let watched = Rc::new(Watched {
            uv,
            env,
            callback,
            handle: vec![0; handle_bytes.div_ceil(size_of::<u64>())].into_boxed_slice(),
            is_closing: Cell::new(false),
            cleanup_hook: Cell::new(ptr::null_mut()),
        });
        // SAFETY: the memory is as large as libuv says and stays until `closed`, which drops the handle's share of it.
        unsafe {
            check_uv("uv_poll_init", (uv.poll_init)(event_loop, watched.handle(), descriptor.as_raw_fd()))?;
            (uv.handle_set_data)(watched.handle(), Rc::into_raw(Rc::clone(&watched)).cast_mut().cast());
        }
        // From here on an early return closes the handle.
        let watch = Self { watched };
        let mut cleanup_hook = ptr::null_mut();
        // SAFETY: the hook's argument is alive as long as the hook: `closed` removes it.
        unsafe {
            let argument = Rc::as_ptr(&watch.watched).cast_mut().cast();
            check(
                "napi_add_async_cleanup_hook",
                sys::napi_add_async_cleanup_hook(
                    env,
                    Some(environment_ends),
                    argument,
                    &raw mut cleanup_hook,
                ),
            )?;
            watch.watched.cleanup_hook.set(cleanup_hook);
            check_uv("uv_poll_start", (uv.poll_start)(watch.watched.handle(), UV_READABLE, readable))?;
        }
        Ok(watch)
    }
}

impl Drop for LoopWatch {
    fn drop(&mut self) {
        if self.watched.close() {
            // SAFETY: the environment has not ended, which would have closed; on its thread, with a reference that nobody uses any more.
            unsafe { sys::napi_delete_reference(self.watched.env, self.watched.callback) };
        }
    }
}

extern "C" fn readable(handle: *mut UvHandle, _status: c_int, _events: c_int) {
    // SAFETY: `handle_set_data` was given a `Watched` that lives until `closed`, and nothing is called on the handle after that. Whatever
    // the status says, the owner finds out by asking the descriptor.
    unsafe {
        // The offset of `data` is the same in every handle: it is the first field.
        let watched = &*(*handle.cast::<*const Watched>());
        if !watched.is_closing.get() {
            call(watched.env, watched.callback);
        }
    }
}

/// As the callbacks of Node's own handles: microtasks and ticks run behind it.
///
/// # Safety
/// On the thread of the environment, with a reference of it.
unsafe fn call(env: sys::napi_env, callback: sys::napi_ref) {
    // SAFETY: the caller's promise; all values live in this handle scope.
    unsafe {
        let mut scope = ptr::null_mut();
        if sys::napi_open_handle_scope(env, &raw mut scope) != sys::Status::napi_ok {
            return;
        }
        let (mut function, mut receiver) = (ptr::null_mut(), ptr::null_mut());
        sys::napi_get_reference_value(env, callback, &raw mut function);
        sys::napi_get_global(env, &raw mut receiver);
        let called = sys::napi_make_callback(
            env,
            ptr::null_mut(),
            receiver,
            function,
            0,
            ptr::null(),
            ptr::null_mut(),
        );
        if called == sys::Status::napi_pending_exception {
            let mut thrown = ptr::null_mut();
            sys::napi_get_and_clear_last_exception(env, &raw mut thrown);
            sys::napi_fatal_exception(env, thrown);
        }
        sys::napi_close_handle_scope(env, scope);
    }
}

extern "C" fn closed(handle: *mut UvHandle) {
    // SAFETY: the last call for this handle: its share of the memory is taken back and ends with this function.
    unsafe {
        let watched = Rc::from_raw(*handle.cast::<*const Watched>());
        let cleanup_hook = watched.cleanup_hook.replace(ptr::null_mut());
        if !cleanup_hook.is_null() {
            sys::napi_remove_async_cleanup_hook(cleanup_hook);
        }
    }
}

unsafe extern "C" fn environment_ends(_handle: sys::napi_async_cleanup_hook_handle, watched: *mut c_void) {
    // SAFETY: the hook is removed before its argument is freed. Node waits until it is, which `closed` does.
    unsafe { (*watched.cast_const().cast::<Watched>()).close() };
}

fn check(call: &str, status: sys::napi_status) -> Result<()> {
    match status {
        sys::Status::napi_ok => Ok(()),
        status => Err(invalid_argument(format!("{call} answered {status}"))),
    }
}

fn check_uv(call: &str, status: c_int) -> Result<()> {
    if status == 0 { Ok(()) } else { Err(invalid_argument(format!("{call} answered {status}"))) }
}
