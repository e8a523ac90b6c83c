"""The miniature: a small Stable Diffusion trained from nothing on composed picture-book scenes.

`words` says what exists, `icons` and `scenes` draw it, `tokenizer`, `vae` and `unet` learn it,
`export` writes a stock diffusers pipeline. Torch is imported only by the modules that train.
"""
