"""The layer lab: a build context, an edit of it, and the build that follows. No page and no widget."""
