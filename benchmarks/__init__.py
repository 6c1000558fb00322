"""What the course and its helpers cost, measured: see docs/performance.md."""
