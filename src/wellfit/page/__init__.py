"""The live page: serves run folders as they grow. It reads their files and never talks to a training process.

`files` opens nothing outside a run's folder, `runs` lists them, `curves` follows their readings, `thin` makes them as
few as a screen has columns, `facts` says what a page shows, `guard` asks for the token, `app` answers, `serve` listens.
"""
