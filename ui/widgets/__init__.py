"""Parts that many pages share: grids, tables, quiz, upload, network editor, links."""
