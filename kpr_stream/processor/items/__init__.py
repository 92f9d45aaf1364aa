"""The items of a frame, from the step that makes them to the step that decides them. Pure.

``framed`` holds them in columns, and makes single items where those are needed.
"""
