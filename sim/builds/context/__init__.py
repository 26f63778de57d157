"""The files a build may see: the build context, what is ignored, what is selected, what steps leave."""
