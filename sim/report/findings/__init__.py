"""What commands find in people's files, in the forms that CI systems show beside the line.

A finding is the same in each form: GitHub's workflow commands (`github`), SARIF 2.1.0 (`sarif`, which GitHub code
scanning, Jenkins' Warnings plug-in and editors read) and Code Climate's JSON (`codeclimate`, GitLab's Code Quality).
"""
