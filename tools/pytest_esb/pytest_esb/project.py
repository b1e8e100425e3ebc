"""Whose firmware is tested: the project's folder, its image, its update key, and the tool `esb`."""

import os
import pathlib
import shutil

from pytest_esb.lab import StepFailed


class Project:
    """What a Lab wants to know of a project (as lab.Products does of this repository's own build)."""

    def __init__(self, folder: pathlib.Path, image: str | None = None, esb: str | None = None):
        self.folder = folder
        self.build = folder / "build"
        self.key = folder / "update-key.pem"
        self._image = image or os.environ.get("ESB_IMAGE")
        self._esb = esb or os.environ.get("ESB") or "esb"

    @property
    def esb(self) -> str:
        found = shutil.which(self._esb)
        if found is None:
            raise StepFailed(f"{self._esb} is not there: put esb into PATH, or name it with --esb or ESB")
        return str(pathlib.Path(found).resolve())

    @property
    def image(self) -> pathlib.Path:
        """The one that was named, else the only one of build/."""
        if self._image:
            return self._existing((self.folder / self._image).resolve())
        images = sorted(self.build.glob("*.img"))
        if len(images) != 1:
            raise StepFailed(f"{len(images)} images in {self.build}: build one (cmake --build build), or name one with --esb-image")
        return images[0]

    def _existing(self, image: pathlib.Path) -> pathlib.Path:
        if not image.exists():
            raise StepFailed(f"there is no {image}: build it first (cmake --build build)")
        return image
