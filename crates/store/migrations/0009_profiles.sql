-- What the broker of a device is let off (ADR 0017). Every device that was there before is held to all of it.
ALTER TABLE devices ADD COLUMN profile TEXT NOT NULL DEFAULT 'strict';
