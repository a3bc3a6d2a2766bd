"""Read the files of a folder as a server with little memory would; one JSON line for each. Run by ``test_images``."""

import json
import logging
import resource
import sys
import time
from pathlib import Path

from cnn.errors import ImageRejected
from cnn.imaging.radiograph import read_radiograph

MEMORY = 600 * 2**20


def main(folder: str) -> None:
    logging.basicConfig(level=logging.DEBUG)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for path in sorted(Path(folder).iterdir()):
        data, started, said = path.read_bytes(), time.process_time(), ""
        try:
            read_radiograph(data, path.name)
        except ImageRejected as refusal:
            said = str(refusal)
        print(json.dumps({"name": path.name, "said": said, "seconds": time.process_time() - started}))
    print(json.dumps({"modules": sorted({name.partition(".")[0] for name in sys.modules})}))


if __name__ == "__main__":
    main(sys.argv[1])
