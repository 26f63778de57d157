"""An engine's images by their tags: what a build or a removal does to the names, and to the images behind them.

An image without a name is dangling. The rules of removal are moby's (26.1, `images/image_delete.go`, `image_prune.go`).
"""

from __future__ import annotations

from collections.abc import Collection

NO_NAME = "<none>"


class TaggedImages:
    """Images by id, in the order they came, and the tags that name them."""

    def __init__(self) -> None:
        self.tags: dict[str, str] = {}
        self.ids: list[str] = []

    def tag(self, name: str, image: str) -> None:
        """Name an image; another of that name is left without it."""
        if image not in self.ids:
            self.ids.append(image)
        self.tags[name] = image

    def names(self, image: str) -> list[str]:
        """Its tags; `<none>` where it has none."""
        return sorted(tag for tag, named in self.tags.items() if named == image) or [NO_NAME]

    def remove(self, name: str, *, running: Collection[str], stopped: Collection[str], force: bool) -> str | None:
        """`rmi` of a tag. The image goes with its last tag, unless a running container uses it.

        Args:
            name: The tag.
            running: The images of running containers.
            stopped: The images of all other containers.
            force: Whether `-f` is given.

        Returns:
            What is wrong, by category; None where nothing is.
        """
        image = self.tags.get(name)
        if image is None:
            return "no such image"
        last = self.names(image) == [name]
        if last and not force and (image in running or image in stopped):
            return "image in use"
        del self.tags[name]
        if last and image not in running:
            self.ids.remove(image)
        return None

    def prune(self, used: Collection[str], *, everything: bool = False) -> None:
        """Remove dangling images that no container uses; with `everything`, also those with a name."""
        for image in list(self.ids):
            if image not in used and (everything or self.names(image) == [NO_NAME]):
                self.ids.remove(image)
                self.tags = {tag: named for tag, named in self.tags.items() if named != image}
