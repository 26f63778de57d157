"""What a reader takes along of a page: links, codes and files."""
