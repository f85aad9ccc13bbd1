// The public door of this package.
