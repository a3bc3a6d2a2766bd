"""The built-in radiographs (sources and licences: README.md in this folder), and a download of real test films."""
