"""What commands print: tables, JSON, JUnit XML, Markdown and CSV."""
