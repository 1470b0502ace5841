"""The generated reference pages, one module each: functions from the code's catalogues to Markdown."""
