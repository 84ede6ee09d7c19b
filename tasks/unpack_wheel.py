"""unpack_wheel.py FOLDER: takes the TensorFlow libraries and C headers out of FOLDER/wheel/*.whl.

Every file is written under a temporary name and renamed, the libraries last of all, so that a run
cut short is noticed. Whoever starts it removes the wheel.
"""
import os
import pathlib
import re
import shutil
import sys
import zipfile

folder = pathlib.Path(sys.argv[1])
wheel = next((folder / "wheel").glob("*.whl"))
library = re.compile(r"tensorflow/libtensorflow_(cc|framework)(\.so\.2|\.2\.dylib)$")
header = re.compile(
    r"tensorflow/include/(tensorflow/c/|tensorflow/core/platform/ctstring|"
    r"tsl/platform/ctstring|(xla/)?tsl/c/).*\.h$"
)


def extract(archive, name, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    try:
        with archive.open(name) as source, open(part, "wb") as sink:
            shutil.copyfileobj(source, sink, 1 << 20)
        os.replace(part, target)
    finally:
        # a disk that is full is not left full
        part.unlink(missing_ok=True)


with zipfile.ZipFile(wheel) as archive:
    names = archive.namelist()
    for name in filter(header.match, names):
        extract(archive, name, folder / "include" / name.removeprefix("tensorflow/include/"))
    # the one that setup looks for comes last
    for name in sorted(filter(library.match, names), key=lambda name: "_cc" in name):
        print("  unpacking", name, flush=True)
        extract(archive, name, folder / name)
