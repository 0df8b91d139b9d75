import os
import re

from setuptools import setup

HERE = os.path.dirname(os.path.abspath(__file__))


def read(name):
    with open(os.path.join(HERE, name), encoding='utf-8') as file:
        return file.read()


setup(
    name='tinys3',
    version=re.search(r"^__version__ = '([^']+)'$", read('tinys3.py'),
                      re.M).group(1),
    description='Quick and minimal S3 for Python, in one file',
    long_description=read('README.md'),
    long_description_content_type='text/markdown',
    license='MIT',
    py_modules=['tinys3'],
    python_requires='>=3.6',
    extras_require={'test': ['pytest', 'moto[server]']},
    entry_points={'console_scripts': ['tinys3 = tinys3:main']},
    classifiers=[
        'Development Status :: 3 - Alpha',
        'Intended Audience :: Developers',
        'Operating System :: OS Independent',
        'Programming Language :: Python :: 3',
        'Programming Language :: Python :: 3 :: Only',
        'Programming Language :: Python :: Implementation :: CPython',
        'Programming Language :: Python :: Implementation :: PyPy',
    ],
)
