"""A museum kiosk's rules, without a window: phases, staff's PIN, watchdog, crashes, schedule, visit log, report.

Nothing here knows Panda3D or reads a clock by itself; `explorer.kiosk_shell` connects it to the application.
"""
