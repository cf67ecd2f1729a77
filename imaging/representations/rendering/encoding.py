"""Pictures as files: JPEG, PNG, WebP, AVIF."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import imagecodecs
import numpy as np
import simplejpeg

FINE = 90  # quality from which JPEG keeps the colours of every pixel of an RGB picture
PNG_LEVEL = 3  # deflate: higher is a few per cent smaller, and several times slower
AVIF_SPEED = 8


def jpeg(picture: np.ndarray, quality: int) -> bytes:
    """Composites keep every pixel's colours, since single channels have pure ones, which 4:2:0 would smear."""
    composed = picture.shape[2] == 4
    return bytes(
        simplejpeg.encode_jpeg(
            np.ascontiguousarray(picture),
            quality=quality,
            colorspace="RGBX" if composed else "RGB",
            colorsubsampling="444" if composed or quality >= FINE else "420",
            fastdct=True,
        )
    )


def png(picture: np.ndarray, quality: int) -> bytes:
    """Without loss, whatever the quality."""
    return bytes(imagecodecs.png_encode(_three(picture), level=PNG_LEVEL))


def webp(picture: np.ndarray, quality: int) -> bytes:
    """Lossless at quality 100."""
    if quality == 100:
        return bytes(imagecodecs.webp_encode(_three(picture), lossless=True))
    return bytes(imagecodecs.webp_encode(_three(picture), level=quality))


def avif(picture: np.ndarray, quality: int) -> bytes:
    return bytes(imagecodecs.avif_encode(_three(picture), level=quality, speed=AVIF_SPEED, numthreads=1))


@dataclass(frozen=True)
class Format:
    """A kind of file that a picture can be had as; `encode` takes uint8 (y, x, 3), or 4 of which the last means
    nothing, and a quality of 1 to 100."""

    media_type: str
    encode: Callable[[np.ndarray, int], bytes]


# By the ending of the address.
FORMATS: Mapping[str, Format] = {
    "jpg": Format("image/jpeg", jpeg),
    "jpeg": Format("image/jpeg", jpeg),
    "png": Format("image/png", png),
    "webp": Format("image/webp", webp),
    "avif": Format("image/avif", avif),
}


def _three(picture: np.ndarray) -> np.ndarray:
    return picture[:, :, :3].copy()  # of a single pixel, a view has strides that encoders refuse
