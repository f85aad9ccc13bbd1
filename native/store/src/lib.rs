//! The storage engine. It is not: a network server, a scheduler, or aware of Node.js.
